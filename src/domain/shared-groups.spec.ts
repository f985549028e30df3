import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { haveSameGroups } from './group-list.js';
import { countGroupNames, keepGroups, renewGroupNames, sharedGroups } from './shared-groups.js';

const groups = fc.array(fc.integer({ min: 0, max: 60 }).map((i) => `group-${i}`));

describe('A shared list of groups', () => {
  it('has the groups in order, each once, as an array has them', () => {
    fc.assert(
      fc.property(groups, groups, fc.constantFrom('group-1', 'group-40'), (some, others, one) => {
        const expected = [...new Set(some)].sort();
        const list = sharedGroups(some);
        expect([...list]).toEqual(expected);
        expect(list.length).toBe(expected.length);
        expect(list.some((group) => group === one)).toBe(expected.includes(one));
        const isSame = expected.join() === [...new Set(others)].sort().join();
        expect(haveSameGroups(list, sharedGroups(others))).toBe(isSame);
        expect(haveSameGroups(list, expected)).toBe(true);
      }),
    );
  });

  it('is the same for sessions with the same groups', () => {
    const list = sharedGroups(['acme', 'zoo']);
    for (let i = 0; i < 4000; i++) sharedGroups([`other-${i}`]);
    expect(sharedGroups(['zoo', 'acme', 'zoo'])).toBe(list);
  });

  it('has the right groups among 20,000', () => {
    const all = Array.from({ length: 20_000 }, (_, i) => `group-${10_000 + i}`);
    expect([...sharedGroups(all)]).toEqual(all);
    const few = [all[0]!, all[127]!, all[128]!, all[16_383]!, all[16_384]!, all[19_999]!];
    expect([...sharedGroups(few)]).toEqual(few);
  });
});

describe('Names of groups', () => {
  it('are dropped with a renewal, except for those of lists that are kept', () => {
    const lists = Array.from({ length: 100 }, (_, i) => sharedGroups([`new-${i}`, 'old']));
    const [kept, leftOut] = [Object.freeze(lists[5]!), lists[6]!];
    renewGroupNames();
    keepGroups(kept);
    expect(countGroupNames()).toBe(2);
    expect([...kept]).toEqual(['new-5', 'old']);
    expect([...leftOut]).toEqual(['new-6', 'old']);
    expect(sharedGroups(['new-5', 'old'])).toBe(kept);
    expect(haveSameGroups(sharedGroups(['new-6', 'old']), leftOut)).toBe(true);
  });
});
