import { Clock } from '../../src/clock/clock.js';

/** A clock that stands until it is moved. Starts at the real time, by which tokens are checked, or near it. */
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

  /** It is the same for all nodes of a test anyway. */
  follow(): void {}

  advance(ms: number): void {
    this.time += ms;
  }

  /** Lets time pass in which the process does not run. */
  pause(ms: number): void {
    this.time += ms;
    this.paused += ms;
  }

  /** Sets the wall clock: nothing else notices. */
  setWall(byMs: number): void {
    this.wallAhead += byMs;
  }
}
