import { Broadcast, conflated, type Source } from './observable.js';

/** A value that changes, as its users see it. A listener is told the present value at once, and then every other. */
export interface ReadonlyValue<T> extends Source<T> {
  readonly value: T;
}

/** A value that changes. Iterating skips what nobody has looked at before the next one came. */
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
