import type { PresenceError, ReadonlyValue } from '#client';

/** The common fields of the states of sessions and collections. */
interface State {
  readonly status: string;
  readonly error?: PresenceError;
}

/**
 * Waits until a session is online or a collection is live. Throws the first error, because a user at a terminal wants
 * to see it at once. The client handles errors after that by reconnecting.
 */
export async function waitUntilReady(state: ReadonlyValue<State>): Promise<void> {
  for await (const { status, error } of state) {
    if (status === 'online' || status === 'live') return;
    if (error !== undefined) throw error;
  }
}
