import { afterEach, describe, expect, it, vi } from 'vitest';
import { endOfIteration } from './end-of-iteration.js';

describe('The end of an iteration of the event loop', () => {
  afterEach(() => void vi.useRealTimers());

  it('comes after the work that is ready, and for all callers in one slice', async () => {
    const order: string[] = [];
    const isOver = (name: string) => endOfIteration().then(() => void order.push(name));
    const first = isOver('first');
    process.nextTick(() => order.push('ready'));
    await Promise.resolve();
    const second = isOver('second');
    setImmediate(() => order.push('next slice'));
    await Promise.all([first, second]);
    expect(order).toEqual(['ready', 'first', 'second']);
  });

  it('comes although a test has replaced the timers, because all callers wait for the same one', async () => {
    vi.useFakeTimers();
    await endOfIteration();
  });

  it('comes again in the next iteration', async () => {
    const first = endOfIteration();
    await first;
    expect(endOfIteration()).not.toBe(first);
  });
});
