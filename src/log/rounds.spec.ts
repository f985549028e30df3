import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rounds } from './rounds.js';

describe('Rounds', () => {
  let cost: number;
  let served: number[];
  let rounds: Rounds;

  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
    });
    cost = 0;
    served = [];
    rounds = new Rounds(() => {
      served.push(performance.now());
      // A round that takes so long, with nothing else happening meanwhile.
      if (cost > 0) vi.advanceTimersByTime(cost);
    });
  });
  afterEach(() => void vi.useRealTimers());

  it('begin at once after quiet, but not within the request', () => {
    rounds.request();
    expect(served).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(served).toEqual([0]);
  });

  it('are one for all who ask before it', () => {
    for (let i = 0; i < 5; i++) rounds.request();
    vi.advanceTimersByTime(100);
    expect(served).toHaveLength(1);
  });

  it('come again for those who ask after it', () => {
    rounds.request();
    vi.advanceTimersByTime(10);
    rounds.request();
    vi.advanceTimersByTime(10);
    expect(served).toHaveLength(2);
  });

  it('rest for as long as the last one took', () => {
    cost = 30;
    rounds.request();
    vi.advanceTimersByTime(0);
    expect(served).toEqual([0]);
    rounds.request();
    vi.advanceTimersByTime(29);
    expect(served).toEqual([0]);
    vi.advanceTimersByTime(1);
    expect(served).toEqual([0, 60]);
  });

  it('do not rest when there was quiet for longer', () => {
    cost = 30;
    rounds.request();
    vi.advanceTimersByTime(500);
    const now = performance.now();
    rounds.request();
    vi.advanceTimersByTime(0);
    expect(served).toEqual([0, now]);
  });

  it('are called off', async () => {
    // Those of Node: the fake ones mind which of the two kinds of timer is cleared how.
    vi.useRealTimers();
    rounds.request();
    rounds.cancel();
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(served).toEqual([]);
  });
});
