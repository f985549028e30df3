/** Where services read the time, so that tests can stand still. The rules are handed it as a number. */
export abstract class Clock {
  /** Milliseconds since the epoch. */
  abstract now(): number;

  /** Milliseconds since some moment. Never goes back, as `now` does when somebody sets the machine's clock. */
  abstract monotonic(): number;
}

export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }
}
