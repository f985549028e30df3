import { Clock } from '../../src/clock/clock.js';

/** A clock that stands until it is moved. Starts at the real time, by which tokens are checked, or near it. */
export class ManualClock extends Clock {
  constructor(private time = Date.now()) {
    super();
  }

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  advance(ms: number): void {
    this.time += ms;
  }
}
