import { checkObject } from './arguments.js';

/** Receives the values of a source. */
export interface Observer<T> {
  readonly next?: (value: T) => void;
  /** Called after the last value. */
  readonly complete?: () => void;
}

export interface Subscription {
  unsubscribe(): void;
}

/**
 * A stream of values. It has the common shape of observables, so that `from()` of RxJS accepts it, and it supports `for
 * await`.
 */
export interface Source<T> extends AsyncIterable<T> {
  subscribe(observer: Observer<T> | ((value: T) => void)): Subscription;
  readonly '@@observable': () => Source<T>;
}

/** Sends values to several listeners. A listener that throws affects neither the other listeners nor the sender. */
export abstract class Broadcast<T> implements Source<T> {
  private readonly observers = new Set<Observer<T>>();
  private isComplete = false;

  subscribe(observer: Observer<T> | ((value: T) => void)): Subscription {
    if (typeof observer !== 'function') checkObject(observer, 'observer');
    const own: Observer<T> =
      typeof observer === 'function'
        ? { next: observer }
        : { next: (value) => observer.next?.(value), complete: () => observer.complete?.() };
    this.onSubscribe((value) => own.next?.(value));
    if (this.isComplete) own.complete?.();
    else this.observers.add(own);
    return { unsubscribe: () => void this.observers.delete(own) };
  }

  /** The property that RxJS reads. RxJS reads `Symbol.observable` first, which no platform defines. */
  '@@observable' = (): Source<T> => this;

  abstract [Symbol.asyncIterator](): AsyncIterableIterator<T, void, void>;

  emit(value: T): void {
    for (const { next } of [...this.observers]) guarded(() => next?.(value));
  }

  complete(): void {
    if (this.isComplete) return;
    this.isComplete = true;
    for (const { complete } of [...this.observers]) guarded(() => complete?.());
    this.observers.clear();
  }

  /** Sends the first value to a new listener. */
  protected onSubscribe(_next: (value: T) => void): void {}
}

/** The error belongs to the listener: it surfaces as an uncaught error, where the author of the listener finds it. */
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
 * Iterates over a source, from the first `next()` until the source completes or `return()` is called. Unread values
 * wait, one for each key: a later value is merged with the waiting one. So a slow loop receives fewer values and never
 * holds more than there are keys. This is not a generator, because `return()` of a generator waits for the pending
 * `next()`.
 */
export function conflated<T>(
  source: Pick<Source<T>, 'subscribe'>,
  keyOf: (value: T) => unknown,
  merge: (earlier: T, later: T) => T,
): AsyncIterableIterator<T, void, void> {
  const pending = new Map<unknown, T>();
  const questions: ((result: IteratorResult<T, void>) => void)[] = [];
  let subscription: Subscription | undefined;
  let isOver = false;
  const answer = (): void => {
    while (questions.length > 0 && (pending.size > 0 || isOver)) {
      const resolve = questions.shift()!;
      const [next] = pending;
      if (next === undefined) {
        resolve({ done: true, value: undefined });
      } else {
        pending.delete(next[0]);
        resolve({ done: false, value: next[1] });
      }
    }
  };
  const end = (): void => {
    isOver = true;
    answer();
  };
  const observer: Observer<T> = {
    next: (value) => {
      const key = keyOf(value);
      pending.set(key, pending.has(key) ? merge(pending.get(key)!, value) : value);
      answer();
    },
    complete: end,
  };
  return {
    next: () =>
      new Promise((resolve) => {
        questions.push(resolve);
        if (!isOver) subscription ??= source.subscribe(observer);
        answer();
      }),
    return: () => {
      pending.clear();
      end();
      subscription?.unsubscribe();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
