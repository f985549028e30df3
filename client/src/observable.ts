import { checkObject } from './arguments.js';

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

  /** Where RxJS looks; it asks for `Symbol.observable` first, which nothing defines by itself. */
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

  /** What a new listener is told first. */
  protected onSubscribe(_next: (value: T) => void): void {}
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
 * Iterates over a source, from the first `next()` to the end of the source or `return()`. What has not been taken waits,
 * one value for each key: a later one is merged with it. So a slow loop is given less, and never holds more than there
 * are keys. This is no generator, since `return()` of one waits for the `next()` before it.
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
