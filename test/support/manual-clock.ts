import { Clock } from '../../src/clock/clock.js';

/**
 * A clock that advances only when a test moves it. It starts at or near the real time, because
 * tokens are checked against it.
 */
export class ManualClock extends Clock {
  private paused = 0;
  private wallAhead = 0;

  constructor(private time = Date.now()) {
    super();
  }

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.time + this.wallAhead;
  }

  monotonic(): number {
    return this.time;
  }

  pausedMs(): number {
    return this.paused;
  }

  /** All nodes of a test share this clock already. */
  follow(): void {}

  advance(ms: number): void {
    this.time += ms;
  }

  /** Advances the clock by a time in which the process was suspended. */
  pause(ms: number): void {
    this.time += ms;
    this.paused += ms;
  }

  /** Sets only the wall clock. The service time does not change. */
  setWall(byMs: number): void {
    this.wallAhead += byMs;
  }
}
