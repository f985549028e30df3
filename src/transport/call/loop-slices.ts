import { setImmediate as nextTurn } from 'node:timers/promises';

/** How many bytes of a request are decoded before others have their turn: some two milliseconds of ids. */
const BYTES_PER_TURN = 256 * 1024;

/** Lets others have their turn in between while something large is worked through. */
export class Turns {
  private until = BYTES_PER_TURN;

  /** `yielding` is for tests. */
  constructor(private readonly yielding: () => Promise<unknown> = nextTurn) {}

  /** Waits for a turn when enough has been done since the last one. `position` is how many bytes have been done in all. */
  async at(position: number): Promise<void> {
    if (position < this.until) return;
    this.until = position + BYTES_PER_TURN;
    await this.next();
  }

  /** Waits for a turn. */
  async next(): Promise<void> {
    await this.yielding();
  }
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Does something large when everything large before it is done. Each has turns for others, and many at once would make one
 * long turn of them, and hold the memory of all.
 */
export function oneByOne<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => {});
  return done;
}
