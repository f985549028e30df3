import fc from '../../test/support/seeded-fast-check.js';
import { describe, expect, it } from 'vitest';
import { SortedIdSet } from './sorted-id-set.js';

const ids = fc.integer({ min: 0, max: 400 }).map((i) => `id-${i}`);
const changes = fc.array(fc.tuple(fc.boolean(), ids), { maxLength: 600, size: 'max' });

describe('SortedIdSet', () => {
  it('has the ids that were added and not deleted, in order, at any size', () => {
    fc.assert(
      fc.property(changes, fc.option(ids, { nil: undefined }), (history, after) => {
        const set = new SortedIdSet();
        const expected = new Set<string>();
        for (const [isAdded, id] of history) {
          if (isAdded) {
            set.add(id);
            expected.add(id);
          } else {
            set.delete(id);
            expected.delete(id);
          }
          expect(set.size).toBe(expected.size);
          expect(set.has(id)).toBe(isAdded);
        }
        const following = [...expected].filter((id) => after === undefined || id > after);
        expect([...set.after(after)]).toEqual(following.sort());
      }),
    );
  });

  it('has the ids that are left when a large set shrinks, in any order', () => {
    const thousand = Array.from({ length: 1000 }, (_, i) => `id-${1000 + i}`);
    const shuffled = fc.shuffledSubarray(thousand, { minLength: thousand.length });
    const orders = fc.oneof(fc.constant(thousand), fc.constant(thousand.toReversed()), shuffled);
    const shrink = (added: readonly string[], deleted: readonly string[]): void => {
      const set = new SortedIdSet();
      for (const id of added) set.add(id);
      const expected = new Set(thousand);
      for (const id of deleted) {
        set.delete(id);
        expected.delete(id);
        if (expected.size % 50 > 0) continue;
        expect([...set.after()]).toEqual([...expected]);
        expect(set.size).toBe(expected.size);
      }
      for (const id of added) set.add(id);
      expect([...set.after()]).toEqual(thousand);
    };
    fc.assert(fc.property(orders, orders, shrink), { numRuns: 10 });
  });

  it('yields each id that stays once, in order, while others are added and deleted', () => {
    fc.assert(
      fc.property(fc.array(ids, { minLength: 400, maxLength: 600 }), changes, (first, history) => {
        const set = new SortedIdSet();
        for (const id of first) set.add(id);
        const staying = new Set(first);
        const read: string[] = [];
        for (const id of set.after()) {
          const changesNow = history.slice(3 * read.length, 3 * read.length + 3);
          read.push(id);
          for (const [isAdded, changed] of changesNow) {
            if (isAdded) set.add(changed);
            else set.delete(changed);
            staying.delete(changed);
          }
        }
        expect(read).toEqual([...new Set(read)].sort());
        expect(read).toEqual(expect.arrayContaining([...staying]));
      }),
      { numRuns: 30 },
    );
  });

  it.each([3, 300])('can change while %i ids are read', (size) => {
    const set = new SortedIdSet();
    for (let i = 0; i < size; i++) set.add(`id-${100 + i}`);
    const read = set.after(undefined);
    expect(read.next().value).toBe('id-100');
    set.delete('id-100');
    expect(read.next().value).toBeDefined();
  });
});
