import { expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { mergeSorted } from './merge-sorted.js';

it('Merging yields every element once, in order, and reads no further than asked', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(fc.string({ maxLength: 2 }))),
      fc.nat({ max: 5 }),
      (lists, wanted) => {
        const reads = lists.map(() => 0);
        const sequences = lists.map(function* (list, i): Generator<string, undefined> {
          for (const id of list.toSorted()) {
            reads[i]!++;
            yield id;
          }
        });
        const expected = [...new Set(lists.flat())].toSorted();
        const merged = mergeSorted(sequences);
        const first = expected.slice(0, wanted).map(() => merged.next().value);
        expect(first).toEqual(expected.slice(0, wanted));
        for (const count of reads) expect(count).toBeLessThanOrEqual(wanted + 1);
        expect([...merged]).toEqual(expected.slice(wanted));
      },
    ),
  );
});
