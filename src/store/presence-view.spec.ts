import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import {
  channelIdsOf,
  LISTED_STATUSES,
  unknownPresence,
  type Presence,
  type Status,
} from '../domain/presence.js';
import { PresenceView, type StatusCounts } from './presence-view.js';

const userIds = ['a', 'B', 'b', 'ä', '家', '😀', '\uffee'];
const channels = ['attic', 'kitchen', 'lobby'];

const presences: fc.Arbitrary<Presence> = fc.oneof(
  fc.constantFrom(...userIds).map((userId) => ({ ...unknownPresence(userId), version: 1 })),
  fc
    .record({
      userId: fc.constantFrom(...userIds),
      status: fc.constantFrom(...LISTED_STATUSES),
      channelIds: fc.subarray(channels),
    })
    .map(({ channelIds: [channelId, ...otherChannelIds], ...shown }) => ({
      ...unknownPresence(shown.userId),
      ...shown,
      channelId,
      otherChannelIds,
      version: 1,
    })),
);

const statusSets = fc.subarray<Status>([...LISTED_STATUSES, 'OFFLINE']);

/** All matching presences after an id, in order, computed in a slow but obvious way. */
function naive(
  shown: ReadonlyMap<string, Presence>,
  passes: (presence: Presence) => boolean,
  after = '',
): readonly Presence[] {
  return [...shown.values()]
    .filter((presence) => passes(presence) && presence.userId > after)
    .toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
}

function countsOf(presences: readonly Presence[]): StatusCounts {
  const count = (status: Status): number =>
    presences.filter((presence) => presence.status === status).length;
  return {
    ONLINE: count('ONLINE'),
    IDLE: count('IDLE'),
    DO_NOT_DISTURB: count('DO_NOT_DISTURB'),
    AWAY: count('AWAY'),
  };
}

/** A view of presences, and a function that replaces one of them. */
function newView(): {
  readonly view: PresenceView;
  readonly shown: ReadonlyMap<string, Presence>;
  readonly show: (presence: Presence) => void;
} {
  const shown = new Map<string, Presence>();
  const view = new PresenceView(
    (userId) => shown.get(userId),
    async () => {},
  );
  const show = (presence: Presence): void => {
    view.update(view.presence(presence.userId), presence);
    shown.set(presence.userId, presence);
  };
  return { view, shown, show };
}

describe('PresenceView', () => {
  it('lists, counts and pages as sorting everyone would', () => {
    fc.assert(
      fc.property(
        fc.array(presences, { maxLength: 60 }),
        statusSets,
        fc.option(fc.constantFrom(...userIds, 'aa', '\uffff'), { nil: undefined }),
        (all, statuses, after) => {
          const { view, shown, show } = newView();
          all.forEach(show);
          const isListed = ({ status }: Presence): boolean =>
            status !== 'OFFLINE' && statuses.includes(status);
          expect([...view.listed(statuses, after)]).toEqual(naive(shown, isListed, after));
          expect(view.countListed(statuses)).toBe(naive(shown, isListed).length);
          expect(view.counts).toEqual(countsOf([...shown.values()]));
          for (const channel of channels) {
            const isThere = (presence: Presence): boolean =>
              channelIdsOf(presence).includes(channel);
            expect([...view.members(channel, after)]).toEqual(naive(shown, isThere, after));
            expect(view.countMembers(channel)).toBe(naive(shown, isThere).length);
            expect(view.countsIn(channel)).toEqual(countsOf(naive(shown, isThere)));
          }
          for (const userId of userIds) {
            expect(view.presence(userId)).toEqual(shown.get(userId) ?? unknownPresence(userId));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads a page to its end and no further', () => {
    const { view, show } = newView();
    for (const userId of userIds) show({ ...unknownPresence(userId), status: 'ONLINE' });
    const pages: string[][] = [];
    for (let after: string | undefined; ; after = pages.at(-1)!.at(-1)) {
      const page: string[] = [];
      for (const { userId } of view.listed(LISTED_STATUSES, after)) {
        if (page.push(userId) === 3) break;
      }
      if (page.length === 0) break;
      expect(pages.push(page)).toBeLessThan(5);
    }
    expect(pages.flat()).toEqual(userIds.toSorted());
    expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
  });

  it('counts nobody twice when a status is named twice', () => {
    const { view, show } = newView();
    show({ ...unknownPresence('a'), status: 'AWAY' });
    expect(view.countListed(['AWAY', 'AWAY'])).toBe(1);
    expect([...view.listed(['AWAY', 'AWAY'])]).toHaveLength(1);
  });
});
