import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TimeSlice } from './time-slice.js';

describe('A time slice', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('is over after two milliseconds, and the next one as well', async () => {
    const slice = new TimeSlice();
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(1);
      expect(slice.isOver).toBe(false);
      vi.advanceTimersByTime(1);
      expect(slice.isOver).toBe(true);
      await slice.next();
    }
    expect(slice.isOver).toBe(false);
  });

  it('ends although a test has replaced the timers, because all slices of a process form one chain', async () => {
    vi.useFakeTimers();
    await new TimeSlice().next();
  });

  it('continues in another iteration of the event loop than every other one', async () => {
    let iteration = 0;
    let isDone = false;
    const count = async (): Promise<void> => {
      for (; !isDone; iteration++) await setImmediate();
    };
    const counting = count();
    const continuedIn: number[] = [];
    const work = async (): Promise<void> => {
      const slice = new TimeSlice();
      for (let i = 0; i < 3; i++) {
        await slice.next();
        continuedIn.push(iteration);
      }
    };
    await Promise.all([work(), work(), work()]);
    isDone = true;
    await counting;
    expect(continuedIn).toHaveLength(9);
    expect(new Set(continuedIn).size).toBe(9);
  });
});
