/** The last second that a protobuf Timestamp can hold, in seconds since the epoch: the end of the year 9999. */
export const LAST_SECOND = 253_402_300_799;

/** The source of time, which tests can replace by a clock that stands still. The rules receive the time as a number. */
export abstract class Clock {
  /**
   * Service time, in milliseconds since the epoch, for the rules and the times that they store. It never steps and
   * never goes back, so it can measure durations. All nodes agree on it.
   */
  abstract now(): number;

  /** The wall clock, in milliseconds since the epoch. It may step. Use it only for times that others gave. */
  abstract wall(): number;

  /**
   * Milliseconds since an arbitrary moment, with fractions. It never steps, never goes back, and differs between nodes.
   */
  abstract monotonic(): number;

  /**
   * The total time in which this process did not run, because it was stopped or one task blocked the event loop. In
   * milliseconds of `monotonic`.
   */
  abstract pausedMs(): number;

  /** Makes the wall clock follow a clock that all nodes share, which is `aheadMs` milliseconds ahead of `monotonic`. */
  abstract follow(aheadMs: number): void;
}
