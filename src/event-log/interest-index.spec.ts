import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import {
  append,
  entriesOf,
  eventOf,
  filterOf,
  interestIn,
  newLog,
} from '../../test/support/log.js';
import { followsEveryone, matches } from './filter.js';
import { InterestIndex } from './interest-index.js';

const ids = fc.subarray(['a', 'b', 'c']);
const filters = fc.record({ userIds: ids, channelIds: ids }).map(filterOf);
const channel = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined });
const events = fc.record({
  userId: fc.constantFrom('a', 'b', 'c', 'd'),
  channelId: channel,
  previousChannelId: channel,
  otherChannelIds: ids,
  previousOtherChannelIds: ids,
});

describe('InterestIndex', () => {
  it('finds exactly the subscriptions whose filters match an event', () => {
    fc.assert(
      fc.property(fc.array(filters), fc.array(events), fc.nat(), (all, happened, gone) => {
        const index = new InterestIndex<number>(() => true);
        all.forEach((filter, reader) => index.add(interestIn(filter), reader));
        const left = all.length === 0 ? undefined : gone % all.length;
        if (left !== undefined) index.delete(interestIn(all[left]!), left);
        const log = newLog();
        append(
          log,
          happened.map(({ userId, ...where }) => eventOf(userId, 1, where)),
        );
        for (const entry of entriesOf(log)) {
          const found = new Set([...index.followersOf(entry), ...index.unfiltered]);
          found.delete(undefined);
          const expected = [...all.keys()].filter(
            (reader) => reader !== left && matches(all[reader]!, entry),
          );
          expect([...found].toSorted((a, b) => a! - b!)).toEqual(expected);
        }
        expect([...index.unfiltered]).toEqual(
          [...all.keys()].filter((reader) => reader !== left && followsEveryone(all[reader]!)),
        );
      }),
    );
  });

  it('keeps nothing for closed subscriptions', () => {
    const index = new InterestIndex<string>(() => true);
    const interest = interestIn(
      filterOf({ userIds: ['a', 'b'], channelIds: ['lobby'], groupIds: ['acme'] }),
    );
    index.add(interest, 'one');
    index.add(interest, 'two');
    expect(index.size).toBe(4);
    index.delete(interest, 'one');
    expect(index.size).toBe(4);
    index.delete(interest, 'two');
    index.delete(interest, 'two');
    expect(index.size).toBe(0);
  });
});
