import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { DeadlineQueue, type Timer } from './deadline-queue.js';

const commands = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        dueAt: fc.option(fc.nat(30), { nil: undefined, freq: 5 }),
      }),
    },
    fc.record({ ticks: fc.nat(4), limit: fc.integer({ min: 1, max: 3 }) }),
  ),
  { maxLength: 100, size: 'max' },
);

/** The due keys in order of time, computed in a slow but obvious way. */
function dueIn(alarms: ReadonlyMap<string, number>, now: number): readonly [string, number][] {
  return [...alarms].filter(([, at]) => at <= now).toSorted(([, a], [, b]) => a - b);
}

/** Returns a setter for a queue that keeps the timer of each key, as a store does. */
function setterOf(queue: DeadlineQueue): (key: string, dueAt: number | undefined) => void {
  const alarms = new Map<string, Timer | undefined>();
  return (key, dueAt) => alarms.set(key, queue.set(key, dueAt, alarms.get(key)));
}

/** The number of entries in the heap, including cancelled ones. */
function heapOf(queue: DeadlineQueue): number {
  return (queue as unknown as { readonly heap: { readonly length: number } }).heap.length;
}

describe('DeadlineQueue', () => {
  it('hands out what is due, once and the earliest first, as a sorted list would', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const queue = new DeadlineQueue();
        const set = setterOf(queue);
        const alarms = new Map<string, number>();
        let now = 0;
        for (const command of all) {
          if ('limit' in command) {
            now += command.ticks;
            const expected = dueIn(alarms, now);
            const taken = queue.take(now, command.limit);
            const times = taken.map((key) => alarms.get(key));
            expect(new Set(taken).size).toBe(taken.length);
            expect(times).toEqual(expected.slice(0, command.limit).map(([, at]) => at));
            for (const key of taken) alarms.delete(key);
          } else {
            const dueAt = command.dueAt === undefined ? undefined : now + command.dueAt;
            set(command.key, dueAt);
            if (dueAt === undefined) alarms.delete(command.key);
            else alarms.set(command.key, dueAt);
          }
          expect(queue.size).toBe(alarms.size);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('puts a time off without touching the heap', () => {
    const queue = new DeadlineQueue();
    const set = setterOf(queue);
    set('a', 10);
    for (let at = 11; at < 1000; at++) set('a', at);
    expect(heapOf(queue)).toBe(1);
    expect(queue.take(998, 5)).toEqual([]);
    expect(queue.take(999, 5)).toEqual(['a']);
  });

  it('stays as small as its keys, however often their times come nearer or are called off', () => {
    const queue = new DeadlineQueue();
    const set = setterOf(queue);
    for (let i = 0; i < 10_000; i++) {
      set(`key ${i % 20}`, 1_000_000 - i);
      if (i % 3 === 0) set(`key ${(i * 7) % 20}`, undefined);
      expect(heapOf(queue)).toBeLessThanOrEqual(2 * queue.size + 64);
    }
    const { size } = queue;
    expect(queue.take(1_000_000, 100)).toHaveLength(size);
    expect(queue.size).toBe(0);
  });
});
