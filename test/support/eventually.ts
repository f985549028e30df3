import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';

/**
 * Polls until `read` returns `expected`. Use it only for values whose change is not announced.
 * Fails with the last difference.
 */
export async function eventually<T>(
  read: () => T | Promise<T>,
  expected: T,
  withinMs = 10_000,
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
