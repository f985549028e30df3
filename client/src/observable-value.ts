import { Broadcast, conflated, type Source } from './observable.js';

/**
 * A value that changes, read-only for its users. A listener receives the current value at once, and then every new
 * value.
 */
export interface ReadonlyValue<T> extends Source<T> {
  readonly value: T;
}

/** A value that changes. Iteration skips a value that was replaced before it was read. */
export class ObservableValue<T> extends Broadcast<T> implements ReadonlyValue<T> {
  constructor(private current: T) {
    super();
  }

  get value(): T {
    return this.current;
  }

  set(value: T): void {
    this.current = value;
    this.emit(value);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, void, void> {
    return conflated<T>(
      this,
      () => 'latest',
      (_, later) => later,
    );
  }

  protected override onSubscribe(next: (value: T) => void): void {
    next(this.current);
  }
}
