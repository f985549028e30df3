import { setImmediate as nextIteration } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import { FlushScheduler } from './flush-scheduler.js';

describe('Flushes', () => {
  /** The duration of one slice of a flush, in milliseconds of the fake clock. */
  let sliceMs: number;
  let slicesPerFlush: number;
  /** The times at which slices began. */
  let slices: number[];
  let flushes: FlushScheduler;

  useFakeTimers();
  beforeEach(() => {
    sliceMs = 0;
    slicesPerFlush = 1;
    slices = [];
    flushes = new FlushScheduler(function* () {
      for (let slice = 1; ; slice++) {
        slices.push(performance.now());
        if (sliceMs > 0) vi.advanceTimersByTime(sliceMs);
        if (slice === slicesPerFlush) return;
        yield;
      }
    });
  });

  it('begin at once after a quiet period, but not within the request', () => {
    flushes.schedule();
    expect(slices).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(slices).toEqual([0]);
  });

  it('combine all requests that came before them', () => {
    for (let i = 0; i < 5; i++) flushes.schedule();
    vi.advanceTimersByTime(100);
    expect(slices).toHaveLength(1);
  });

  it('begin again for a request after one', () => {
    flushes.schedule();
    vi.advanceTimersByTime(10);
    flushes.schedule();
    vi.advanceTimersByTime(10);
    expect(slices).toHaveLength(2);
  });

  it('begin again for a request during one', () => {
    slicesPerFlush = 2;
    flushes.schedule();
    vi.advanceTimersToNextTimer();
    expect(slices).toHaveLength(1);
    flushes.schedule();
    vi.advanceTimersByTime(10);
    expect(slices).toHaveLength(4);
  });

  it.each([
    [1, 2],
    [5, 5],
    [12, 12],
    [100, 12],
  ])('that take %i ms are followed by a cooldown of %i ms', (taken, cooldown) => {
    sliceMs = taken;
    flushes.schedule();
    vi.advanceTimersByTime(0);
    flushes.schedule();
    vi.advanceTimersByTime(cooldown - 1);
    expect(slices).toEqual([0]);
    vi.advanceTimersByTime(1);
    expect(slices).toEqual([0, taken + cooldown]);
  });

  it('have no cooldown after a longer quiet period', () => {
    sliceMs = 30;
    flushes.schedule();
    vi.advanceTimersByTime(500);
    const now = performance.now();
    flushes.schedule();
    vi.advanceTimersByTime(0);
    expect(slices).toEqual([0, now]);
  });

  it('let other work run between their slices', () => {
    slicesPerFlush = 3;
    const others = vi.fn();
    flushes.schedule();
    for (let slice = 1; slice <= 3; slice++) {
      setImmediate(others);
      vi.advanceTimersToNextTimer();
      expect(slices).toHaveLength(slice);
      vi.advanceTimersToNextTimer();
      expect(others).toHaveBeenCalledTimes(slice);
    }
  });

  it.each([
    ['before they begin', 0],
    ['while they run', 1],
  ])('are cancelled %s', async (_when, finished) => {
    // Uses the timers of Node: the fake timers reject a timer that is cleared by the function of the other kind.
    vi.useRealTimers();
    slicesPerFlush = 5;
    flushes.schedule();
    while (slices.length < finished) await nextIteration();
    flushes.cancel();
    for (let iteration = 0; iteration < 3; iteration++) await nextIteration();
    expect(slices).toHaveLength(finished);
  });
});
