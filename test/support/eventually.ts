import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';

/**
 * The time limit for anything that a test waits for, in milliseconds. No test expects it to be
 * reached: it is far longer than a busy machine needs, and shorter than the time limit of a test.
 */
export const PATIENCE_MS = 50_000;

/**
 * Polls until `read` returns `expected`. Use it only for values whose change is not announced.
 * Fails with the last difference.
 */
export async function eventually<T>(
  read: () => T | Promise<T>,
  expected: T,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      expect(await read()).toEqual(expected);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(5);
    }
  }
}
