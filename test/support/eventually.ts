import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';

/** Waits until `read` gives `expected`. Only for what nothing announces; fails with the last difference. */
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
