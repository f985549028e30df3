import { Clock } from '../../src/clock/clock.js';

/** A clock that stands until it is moved. Starts at the real time, by which tokens are checked. */
export class ManualClock extends Clock {
  private time = Date.now();

  now(): number {
    return this.time;
  }

  advance(ms: number): void {
    this.time += ms;
  }
}
