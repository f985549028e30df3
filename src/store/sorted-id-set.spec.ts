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

  it.each([3, 300])('can change while %i ids are read', (size) => {
    const set = new SortedIdSet();
    for (let i = 0; i < size; i++) set.add(`id-${100 + i}`);
    const read = set.after(undefined);
    expect(read.next().value).toBe('id-100');
    set.delete('id-100');
    expect(read.next().value).toBeDefined();
  });
});
