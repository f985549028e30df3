/** The last second that a protobuf Timestamp can hold: the end of the year 9999. */
export const LAST_SECOND = 253_402_300_799;

/** Where services read the time, so that tests can stand still. The rules are handed it as a number. */
export abstract class Clock {
  /**
   * Service time: milliseconds since the epoch, for the rules and for what they note. It never steps and never goes back,
   * so that durations can be measured in it, and all nodes agree on it.
   */
  abstract now(): number;

  /** What clocks on the wall show, in milliseconds since the epoch. May step. Only for times that others gave. */
  abstract wall(): number;

  /** Milliseconds since some moment, fractions included. Never steps and never goes back. Differs between nodes. */
  abstract monotonic(): number;

  /** Milliseconds, of those of `monotonic`, in which this process did not run: it was stopped, or one task held it up. */
  abstract pausedMs(): number;

  /** From now on the wall clock is one that all nodes share. It is ahead of `monotonic` by that many milliseconds. */
  abstract follow(aheadMs: number): void;
}
