import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IntervalTask } from './interval-task.js';

describe('An interval task', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('runs at its interval until it is stopped', async () => {
    const work = vi.fn();
    const task = new IntervalTask(100, work);
    await vi.advanceTimersByTimeAsync(100);
    expect(work).not.toHaveBeenCalled();
    task.start();
    await vi.advanceTimersByTimeAsync(250);
    expect(work).toHaveBeenCalledTimes(2);
    await task.stop();
    await vi.advanceTimersByTimeAsync(250);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('skips the times at which a run is in progress, and stops when that has ended', async () => {
    let end = (): void => {};
    const work = vi.fn(() => new Promise<void>((resolve) => (end = resolve)));
    const task = new IntervalTask(100, work);
    task.start();
    await vi.advanceTimersByTimeAsync(350);
    expect(work).toHaveBeenCalledTimes(1);
    end();
    await vi.advanceTimersByTimeAsync(100);
    expect(work).toHaveBeenCalledTimes(2);
    let hasStopped = false;
    const stopped = task.stop().then(() => (hasStopped = true));
    await vi.advanceTimersByTimeAsync(100);
    expect(hasStopped).toBe(false);
    end();
    await stopped;
  });

  it.each([
    ['throws', () => expect.fail('broken')],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('reports work that %s, and runs it again', async (_, work) => {
    const onError = vi.fn();
    const task = new IntervalTask(100, work, onError);
    task.start();
    await vi.advanceTimersByTimeAsync(200);
    expect(onError).toHaveBeenCalledTimes(2);
    expect(String(onError.mock.lastCall)).toContain('broken');
    await task.stop();
  });
});
