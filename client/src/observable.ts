/** Told of values as they come. */
export interface Observer<T> {
  readonly next?: (value: T) => void;
  /** Nothing comes after this. */
  readonly complete?: () => void;
}

export interface Subscription {
  unsubscribe(): void;
}

/**
 * What can be listened to. It has the shape that observables agree on, so that `from()` of RxJS takes it, and it can be
 * iterated with `for await`.
 */
export interface Source<T> extends AsyncIterable<T> {
  subscribe(observer: Observer<T> | ((value: T) => void)): Subscription;
  readonly '@@observable': () => Source<T>;
}

/** What several listeners are told. One that throws harms neither the others nor who tells them. */
export abstract class Broadcast<T> implements Source<T> {
  private readonly observers = new Set<Observer<T>>();
  private isComplete = false;

  subscribe(observer: Observer<T> | ((value: T) => void)): Subscription {
    const own: Observer<T> =
      typeof observer === 'function'
        ? { next: observer }
        : { next: (value) => observer.next?.(value), complete: () => observer.complete?.() };
    this.welcome((value) => own.next?.(value));
    if (this.isComplete) own.complete?.();
    else this.observers.add(own);
    return { unsubscribe: () => void this.observers.delete(own) };
  }

  /** Where RxJS looks; it asks for `Symbol.observable` first, which nothing defines by itself. */
  '@@observable' = (): Source<T> => this;

  abstract [Symbol.asyncIterator](): AsyncGenerator<T, void, void>;

  emit(value: T): void {
    for (const { next } of [...this.observers]) guarded(() => next?.(value));
  }

  complete(): void {
    if (this.isComplete) return;
    this.isComplete = true;
    for (const { complete } of [...this.observers]) guarded(() => complete?.());
    this.observers.clear();
  }

  /** What a new listener is told first. */
  protected welcome(_next: (value: T) => void): void {}
}

/** The error is the listener's: it surfaces as uncaught, where its author finds it. */
function guarded(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/**
 * Iterates over a source. What has not been taken waits, one value for each key: a later one is merged with it. So a
 * slow loop is given less, and never holds more than there are keys.
 */
export async function* conflated<T>(
  source: Pick<Source<T>, 'subscribe'>,
  keyOf: (value: T) => unknown,
  merge: (earlier: T, later: T) => T,
): AsyncGenerator<T, void, void> {
  const pending = new Map<unknown, T>();
  let isComplete = false;
  let wake = (): void => {};
  const subscription = source.subscribe({
    next: (value) => {
      const key = keyOf(value);
      const earlier = pending.get(key);
      pending.set(key, earlier === undefined ? value : merge(earlier, value));
      wake();
    },
    complete: () => {
      isComplete = true;
      wake();
    },
  });
  try {
    for (;;) {
      for (const [key, value] of pending) {
        pending.delete(key);
        yield value;
      }
      if (isComplete) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    subscription.unsubscribe();
  }
}
