import { setImmediate as nextIteration } from 'node:timers/promises';

/** The number of bytes that are decoded before yielding to the event loop, about two milliseconds for a list of ids. */
const BYTES_PER_SLICE = 256 * 1024;

/** Splits long work into slices, and yields to the event loop between them. */
export class LoopSlices {
  private until = BYTES_PER_SLICE;

  /** `yielding` replaces the pause in tests. */
  constructor(private readonly yielding: () => Promise<unknown> = nextIteration) {}

  /**
   * Yields to the event loop if enough bytes were processed since the last pause. `position` is the number of bytes
   * processed in total.
   */
  async at(position: number): Promise<void> {
    if (position < this.until) return;
    this.until = position + BYTES_PER_SLICE;
    await this.next();
  }

  /** Ends a slice: yields to the event loop. */
  async next(): Promise<void> {
    await this.yielding();
  }
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs large tasks one after the other. Each task yields to the event loop, but many at once would form one long slice
 * and hold the memory of all of them.
 */
export function oneByOne<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => {});
  return done;
}
