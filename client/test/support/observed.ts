import type { PresenceCollection, ReadonlyValue, Session } from '@presence-service/client';

/** Waits until a value meets a condition. */
export function until<T, S extends T>(
  value: ReadonlyValue<T>,
  isWanted: (value: T) => value is S,
): Promise<S>;
export function until<T>(value: ReadonlyValue<T>, isWanted: (value: T) => boolean): Promise<T>;
export async function until<T>(
  value: ReadonlyValue<T>,
  isWanted: (value: T) => boolean,
): Promise<T> {
  for await (const next of value) if (isWanted(next)) return next;
  throw new Error(`it never came to that; last: ${JSON.stringify(value.value)}`);
}

/** Waits until a value has this status. */
export function untilStatus<T extends { readonly status: string }, S extends T['status']>(
  value: ReadonlyValue<T>,
  status: S,
): Promise<Extract<T, { readonly status: S }>> {
  return until(value, (next): next is Extract<T, { readonly status: S }> => next.status === status);
}

/** Waits until a condition on a collection holds. The condition is checked after each change of the collection. */
export async function shows(collection: PresenceCollection, look: () => unknown): Promise<void> {
  await new Promise<void>((resolve) => {
    const check = (): void => {
      if (!look()) return;
      subscription.unsubscribe();
      resolve();
    };
    const subscription = collection.subscribe(check);
    queueMicrotask(check);
  });
}

/** Waits until a session has a new connection because of `cause`. */
export async function nextSession(session: Session, cause: () => Promise<void>): Promise<void> {
  await untilStatus(session.state, 'online');
  const before = session.sessionId;
  await Promise.all([
    cause(),
    (async () => {
      for await (const state of session.state) {
        if (state.status === 'online' && state.sessionId !== before) return;
      }
    })(),
  ]);
}
