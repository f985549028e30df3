import { afterEach, beforeEach, vi } from 'vitest';
import { TimeSlice } from '../../src/timers/time-slice.js';

/**
 * Replaces the timers by which events are flushed, the pauses between slices of the event loop, and
 * the clock that measures both, for each test of the file or `describe`. They advance only by `vi`.
 */
export function useFakeTimers(): void {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
    });
    vi.spyOn(TimeSlice.prototype, 'next').mockImplementation(async function (this: TimeSlice) {
      await new Promise((resolve) => setImmediate(resolve));
      this.restart();
    });
  });
  afterEach(() => {
    vi.mocked(TimeSlice.prototype.next).mockRestore();
    vi.useRealTimers();
  });
}

/** Runs all timers and what waits for them, until no timer is left. */
export async function runEverything(): Promise<void> {
  do {
    vi.runAllTimers();
    await continuations();
  } while (vi.getTimerCount() > 0);
}

/** Runs the next timer and what waits for it. */
export async function runNext(): Promise<void> {
  vi.advanceTimersToNextTimer();
  await continuations();
}

/** Lets everything continue whose promises are resolved. */
async function continuations(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve();
}

/**
 * Lets two milliseconds pass whenever the time is read, so that work in slices of the event loop pauses after every step.
 * Returns a function that ends this.
 */
export function slowDown(): () => void {
  const now = performance.now.bind(performance);
  let added = 0;
  const slow = vi.spyOn(performance, 'now').mockImplementation(() => now() + (added += 2));
  return () => slow.mockRestore();
}

/** A monotonic clock that a test can move ahead. Timers continue in real time. */
export interface MovableTime {
  moveAhead(ms: number): void;
  restore(): void;
}

/** Replaces the clock behind `performance.now` by one that the test can move ahead. */
export function movableTime(): MovableTime {
  const now = performance.now.bind(performance);
  let ahead = 0;
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead);
  return { moveAhead: (ms) => void (ahead += ms), restore: () => spy.mockRestore() };
}
