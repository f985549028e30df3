import { describe, expect, it } from 'vitest';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { DeadlineQueue, NO_DUE_TIME, type Timer } from './deadline-queue.js';

const commands = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        key: fc.constantFrom(...'abcdefghijkl'),
        dueAt: fc.option(fc.nat(30), { nil: undefined, freq: 5 }),
      }),
    },
    fc.record({ ticks: fc.nat(4), limit: fc.integer({ min: 1, max: 3 }) }),
  ),
  { maxLength: 100, size: 'max' },
);

/** The due keys in order of time, computed in a slow but obvious way. */
function dueIn(timers: ReadonlyMap<string, number>, now: number): readonly [string, number][] {
  return [...timers].filter(([, at]) => at <= now).toSorted(([, a], [, b]) => a - b);
}

interface KeyTimer extends Timer {
  readonly key: string;
}

/** A queue of keys, with the timer of each key, as a store has one for each user. */
class KeyQueue {
  readonly queue = new DeadlineQueue<KeyTimer>();
  private readonly timers = new Map<string, KeyTimer>();

  set(key: string, dueAt: number | undefined): void {
    const timer = this.timers.get(key) ?? { key, ...NO_DUE_TIME };
    this.timers.set(key, timer);
    this.queue.set(timer, dueAt);
  }

  take(now: number, limit: number): readonly string[] {
    return this.queue.take(now, limit).map(({ key }) => key);
  }
}

/** The times by which the heap orders its timers. */
function queuedTimes({ queue }: KeyQueue): readonly number[] {
  return (queue as unknown as { readonly times: readonly number[] }).times;
}

describe('DeadlineQueue', () => {
  it('returns the due keys, once and the earliest first, as a sorted list would', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const keys = new KeyQueue();
        const timers = new Map<string, number>();
        let now = 0;
        for (const command of all) {
          if ('limit' in command) {
            now += command.ticks;
            const expected = dueIn(timers, now);
            const taken = keys.take(now, command.limit);
            const times = taken.map((key) => timers.get(key));
            expect(new Set(taken).size).toBe(taken.length);
            expect(times).toEqual(expected.slice(0, command.limit).map(([, at]) => at));
            for (const key of taken) timers.delete(key);
          } else {
            const dueAt = command.dueAt === undefined ? undefined : now + command.dueAt;
            keys.set(command.key, dueAt);
            if (dueAt === undefined) timers.delete(command.key);
            else timers.set(command.key, dueAt);
          }
          expect(keys.queue.size).toBe(timers.size);
        }
      }),
      { numRuns: runs(1000) },
    );
  });

  it('puts a time off without touching the heap', () => {
    const keys = new KeyQueue();
    keys.set('a', 10);
    for (let at = 11; at < 1000; at++) keys.set('a', at);
    expect(queuedTimes(keys)).toEqual([10]);
    expect(keys.take(998, 5)).toEqual([]);
    expect(queuedTimes(keys)).toEqual([999]);
    expect(keys.take(999, 5)).toEqual(['a']);
  });

  it('stays sorted, however often the times of many keys move or are cancelled', () => {
    const keys = new KeyQueue();
    const timers = new Map<string, number>();
    for (let i = 0; i < 10_000; i++) {
      const [key, gone] = [`key ${(i * 31) % 200}`, `key ${(i * 7) % 200}`];
      keys.set(key, 1_000_000 - i);
      timers.set(key, 1_000_000 - i);
      if (i % 3 > 0) continue;
      keys.set(gone, undefined);
      timers.delete(gone);
    }
    const times = keys.take(1_000_000, 1000).map((key) => timers.get(key));
    expect(times).toEqual([...timers.values()].toSorted((a, b) => a - b));
    expect(keys.queue.size).toBe(0);
  });
});
