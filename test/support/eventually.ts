import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';

/**
 * The time limit for anything that a test waits for, in milliseconds. No test expects it to be
 * reached: it is far longer than a busy machine needs, and shorter than the time limit of a test.
 * With a mutant of the code, some tests wait until it is reached.
 */
export const PATIENCE_MS = process.env.PRESENCE_TEST_MUTANT === undefined ? 120_000 : 50_000;

/** The clock of the machine, also in tests that replace `performance`. */
const now = performance.now.bind(performance);

const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/**
 * Polls until `read` returns `expected`. Use it only for values whose change is not announced.
 * Fails with the last difference. The longer it waits, the longer it pauses, so that it leaves the
 * processor to the processes that it waits for.
 */
export async function eventually<T>(
  read: () => T | Promise<T>,
  expected: T,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const begun = now();
  for (;;) {
    try {
      expect(await read()).toEqual(expected);
      return;
    } catch (error) {
      const waited = now() - begun;
      if (waited > withinMs) throw error;
      await sleep(Math.min(Math.max(waited / 10, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS));
    }
  }
}
