import { setImmediate } from 'node:timers/promises';

/**
 * The time in milliseconds after which other work of the event loop comes first. Work that checks the time after each step
 * takes one step longer.
 */
const SLICE_MS = 2;

let last: Promise<unknown> = Promise.resolve();

/** One slice after the other of work that takes long. */
export class TimeSlice {
  private end = performance.now() + SLICE_MS;

  /** Whether other work of the event loop comes first now. */
  get isOver(): boolean {
    return performance.now() >= this.end;
  }

  /** Begins the next slice. */
  restart(): void {
    this.end = performance.now() + SLICE_MS;
  }

  /**
   * Yields to the event loop, and begins the next slice. Only one caller continues in each iteration of the event loop:
   * the slices of many would form one long slice.
   */
  async next(): Promise<void> {
    last = last.then(() => setImmediate());
    await last;
    this.restart();
  }
}
