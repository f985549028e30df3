import { describe, expect, it } from 'vitest';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { HIDDEN_FROM_NOBODY, type Hidings, type Hiding } from '../domain/access-rules.js';
import {
  channelIdsOf,
  LISTED_STATUSES,
  unknownPresence,
  type Presence,
  type Status,
} from '../domain/presence.js';
import { presenceSeenBy, type Viewed } from '../domain/visibility.js';
import { unrestrictedViewer, type Viewer } from '../domain/viewer.js';
import type { PresenceList, Slice, StatusCounts } from './presence-reader.js';
import { PresenceView } from './presence-view.js';

const userIds = ['a', 'B', 'b', 'ä', '家', '😀', '\uffee'];
const channels = ['attic', 'kitchen', 'lobby'];
const groups = ['acme', 'acme/sales', 'zoo'];

const NEVER_SEEN = { groups: [], hiddenFrom: HIDDEN_FROM_NOBODY };

const hidings: fc.Arbitrary<Hidings> = fc.subarray(userIds, { maxLength: 3 }).chain((viewerIds) =>
  fc.array(fc.boolean(), { minLength: viewerIds.length, maxLength: viewerIds.length }).map(
    (areOver) =>
      new Map<string, Hiding>(
        viewerIds.map((viewerId, i) => {
          const frozen = { ...unknownPresence('?'), version: 1 };
          return areOver[i] === true
            ? [viewerId, { presence: undefined, endedAt: 5, endedVersion: 7, activeUntil: 9 }]
            : [viewerId, { presence: frozen, endedAt: undefined, endedVersion: 0 }];
        }),
      ),
  ),
);

const users: fc.Arbitrary<Viewed> = fc
  .record({
    userId: fc.constantFrom(...userIds),
    status: fc.option(fc.constantFrom(...LISTED_STATUSES), { nil: undefined }),
    channelIds: fc.subarray(channels),
    groups: fc.subarray(groups),
    hiddenFrom: fc.oneof(fc.constant(NEVER_SEEN.hiddenFrom), hidings),
  })
  .map(({ userId, status, channelIds: [channelId, ...otherChannelIds], ...viewed }) => {
    const offline = { ...unknownPresence(userId), version: 1 };
    const online = { ...offline, channelId, otherChannelIds, connectedAt: 3 };
    const hiddenFrom = new Map(
      [...viewed.hiddenFrom].map(([viewerId, hiding]) => [
        viewerId,
        { ...hiding, presence: hiding.presence && { ...hiding.presence, userId } },
      ]),
    );
    return status === undefined
      ? { shown: offline, groups: [], hiddenFrom }
      : { shown: { ...online, status }, groups: viewed.groups, hiddenFrom };
  });

const viewers: fc.Arbitrary<Viewer> = fc.oneof(
  fc.constantFrom(...userIds, 'someone else').map(unrestrictedViewer),
  fc
    .record({
      userId: fc.constantFrom(...userIds, 'someone else'),
      groups: fc.option(fc.subarray(groups), { nil: undefined }),
      watched: fc.option(fc.subarray(channels), { nil: undefined }),
    })
    .map(({ userId, groups: own, watched }) => ({
      userId,
      groups: own && new Set(own),
      mayWatch: watched && ((channelId: string): boolean => watched.includes(channelId)),
      rights: own === undefined && watched === undefined ? '' : 'restricted',
    })),
);

const statusSets = fc.subarray<Status>([...LISTED_STATUSES, 'OFFLINE']);

/** The presences that a viewer sees of the users who pass and have an id after `after`, in order, computed in a slow but obvious way. */
function naive(
  viewer: Viewer,
  known: ReadonlyMap<string, Viewed>,
  passes: (presence: Presence, viewed: Viewed) => boolean,
  after = '',
): readonly Presence[] {
  return [...known.values()]
    .map((viewed) => ({ seen: presenceSeenBy(viewer, viewed), viewed }))
    .filter(({ seen, viewed }) => seen.status !== 'OFFLINE' && passes(seen, viewed))
    .map(({ seen }) => seen)
    .filter(({ userId }) => userId > after)
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

/** Reads a list in slices of two users each. */
function inPieces(
  after: string | undefined,
  list: (after: string | undefined, slice: Slice) => PresenceList,
): readonly Presence[] {
  const all: Presence[] = [];
  for (let from = after; ;) {
    let checked = 0;
    const slice = {
      get isOver(): boolean {
        return ++checked === 2;
      },
    };
    const rest = list(from, slice);
    let next = rest.next();
    for (; !next.done; next = rest.next()) all.push(next.value);
    if (next.value === undefined) return all;
    from = next.value;
  }
}

/** A view of users, and a function that replaces one of them. */
function newView(): {
  readonly view: PresenceView;
  readonly known: ReadonlyMap<string, Viewed>;
  readonly put: (viewed: Viewed) => void;
  readonly show: (presence: Presence) => void;
} {
  const known = new Map<string, Viewed>();
  const table = {
    shownOf: (userId: string) => known.get(userId)?.shown,
    viewedOf: (userId: string) => known.get(userId),
  };
  const view = new PresenceView(
    () => table,
    async () => {},
  );
  const put = (viewed: Viewed): void => {
    const { userId } = viewed.shown;
    view.update(known.get(userId) ?? { ...NEVER_SEEN, shown: unknownPresence(userId) }, viewed);
    known.set(userId, viewed);
  };
  return { view, known, put, show: (shown) => put({ ...NEVER_SEEN, shown }) };
}

describe('PresenceView', () => {
  it('lists, counts and pages as sorting everyone that the viewer sees would', () => {
    fc.assert(
      fc.property(
        fc.array(users, { maxLength: 60 }),
        viewers,
        statusSets,
        fc.option(fc.constantFrom(...userIds, 'aa', '\uffff'), { nil: undefined }),
        (all, viewer, statuses, after) => {
          const { view, known, put } = newView();
          all.forEach(put);
          const seen = view.for(viewer);
          const isListed = ({ status }: Presence): boolean => statuses.includes(status);
          expect(inPieces(after, (from, slice) => seen.listed(statuses, from, slice))).toEqual(
            naive(viewer, known, isListed, after),
          );
          expect(seen.countListed(statuses)).toBe(naive(viewer, known, isListed).length);
          expect(seen.counts).toEqual(countsOf(naive(viewer, known, () => true)));
          for (const channel of channels) {
            const isThere = (presence: Presence): boolean =>
              channelIdsOf(presence).includes(channel);
            const members = naive(viewer, known, isThere);
            expect(inPieces(after, (from, slice) => seen.members(channel, from, slice))).toEqual(
              naive(viewer, known, isThere, after),
            );
            expect(seen.countMembers(channel)).toBe(members.length);
            expect(seen.countsIn(channel)).toEqual(countsOf(members));
          }
          for (const group of groups) {
            const isIn = (_: Presence, viewed: Viewed): boolean =>
              viewed.groups.some((id) => id === group);
            expect(inPieces(after, (from, slice) => seen.inGroup(group, from, slice))).toEqual(
              naive(viewer, known, isIn, after),
            );
            expect(seen.countsInGroup(group)).toEqual(countsOf(naive(viewer, known, isIn)));
          }
          for (const userId of userIds) {
            const viewed = known.get(userId);
            expect(seen.presence(userId)).toEqual(
              viewed ? presenceSeenBy(viewer, viewed) : unknownPresence(userId),
            );
          }
        },
      ),
      { numRuns: runs(1000) },
    );
  });

  it('is the same for all viewers who see everyone and from whom no user hides', () => {
    const { view, put } = newView();
    const hiding = { presence: undefined, endedAt: 5, endedVersion: 7 };
    put({ ...NEVER_SEEN, shown: unknownPresence('a'), hiddenFrom: new Map([['b', hiding]]) });
    expect(view.for(unrestrictedViewer('a'))).toBe(view);
    expect(view.for(unrestrictedViewer('b'))).not.toBe(view);
    put({ ...NEVER_SEEN, shown: unknownPresence('a') });
    expect(view.for(unrestrictedViewer('b'))).toBe(view);
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

  it('counts no user twice when a status is named twice', () => {
    const { view, show } = newView();
    show({ ...unknownPresence('a'), status: 'AWAY' });
    expect(view.countListed(['AWAY', 'AWAY'])).toBe(1);
    expect([...view.listed(['AWAY', 'AWAY'])]).toHaveLength(1);
  });
});
