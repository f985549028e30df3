import { describe, expect, it } from 'vitest';
import { follow } from '../../test/support/follow.js';
import { history, policies, TICK_MS } from '../../test/support/histories.js';
import { hideFrom, setStatusOf, type Line } from '../../test/support/play.js';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import type { Change, PresenceEvent } from './event.js';
import type { Policy } from './policy.js';
import { channelIdsOf, unknownPresence, type Presence } from './presence.js';
import type { User } from './user.js';
import { unrestrictedViewer, type Viewer } from './viewer.js';
import { eventsFor, presenceSeenBy, shownTo, viewedOf } from './visibility.js';

/** Viewers with all kinds of rights. The user `alice` of a history hides from `bob` and `carol` at times. */
const viewers: readonly Viewer[] = ['alice', 'bob', 'dave'].flatMap((userId) => [
  unrestrictedViewer(userId),
  restrictedViewer(userId, { channels: ['kitchen', 'lobby'] }),
  restrictedViewer(userId, { channels: [] }),
  restrictedViewer(userId, { groups: ['acme'] }),
  restrictedViewer(userId, { groups: ['acme'], channels: ['kitchen'] }),
  restrictedViewer(userId, { groups: [], channels: ['attic', 'lobby'] }),
  restrictedViewer(userId, { groups: [], channels: [] }),
]);

/** The parts of a presence that a viewer can see, without the version. The order of the channels is not on the wire. */
function sight(presence: Presence): object {
  const channelIds = channelIdsOf(presence);
  return { ...presence, channelIds, otherChannelIds: undefined, version: undefined };
}

/** The same without the time of the last activity, which no event announces. */
function announced(presence: Presence): object {
  return { ...sight(presence), lastActiveAt: undefined };
}

/** Returns all channels that an event names. */
function channelsIn({
  presence,
  previousChannelId,
  previousOtherChannelIds,
  change,
}: PresenceEvent): readonly string[] {
  return [
    ...channelIdsOf(presence),
    ...(previousChannelId === undefined ? [] : [previousChannelId]),
    ...previousOtherChannelIds,
    ...channelsInChange(change),
  ];
}

function channelsInChange(change: Change): readonly string[] {
  if (change.kind !== 'USER_CHANNEL_CHANGED') return [];
  const { previousChannelId, joinedChannelIds, leftChannelIds } = change;
  const previous = previousChannelId === undefined ? [] : [previousChannelId];
  return [...previous, ...joinedChannelIds, ...leftChannelIds];
}

/** Calls `check` for every viewer after every step, with the events and what the viewer saw before and sees now. */
function watch(
  lines: readonly Line[],
  policy: Policy,
  check: (viewer: Viewer, step: Sighting) => void,
): void {
  follow(lines, policy, (before, { user, occurredAt, cause }) => {
    const [from, to] = [viewedOf(before), viewedOf(user)];
    for (const viewer of viewers) {
      const events = eventsFor(viewer, from, to, occurredAt, cause);
      const [seenBefore, seen] = [presenceSeenBy(viewer, from), presenceSeenBy(viewer, to)];
      check(viewer, { before, user, events, seenBefore, seen });
    }
  });
}

interface Sighting {
  readonly before: User;
  readonly user: User;
  readonly events: readonly PresenceEvent[];
  readonly seenBefore: Presence;
  readonly seen: Presence;
}

describe('In every history, for every viewer', () => {
  it('the events give exactly what the viewer sees, and there is none without a difference', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        const replayed = new Map(viewers.map((viewer) => [viewer, unknownPresence('alice')]));
        watch(lines, policy, (viewer, { events, seenBefore, seen }) => {
          const known = replayed.get(viewer)!;
          for (const { change } of events) {
            if (change.kind === 'USER_STATUS_CHANGED')
              expect(change.previousStatus).toBe(known.status);
            if (change.kind === 'USER_CHANNEL_CHANGED')
              expect(change.previousChannelId).toBe(known.channelId);
          }
          const now = events.at(-1)?.presence ?? known;
          expect(announced(now)).toEqual(announced(seen));
          replayed.set(viewer, now);
          const isSame =
            JSON.stringify(announcedText(seen)) === JSON.stringify(announcedText(seenBefore));
          expect(events.length === 0).toBe(isSame);
        });
      }),
      { numRuns: runs(500) },
    );
  });

  it('versions grow with each difference, and neither they nor the last activity go back', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        const last = new Map<Viewer, { version: number; lastActiveAt: number }>();
        watch(lines, policy, (viewer, { events, seen }) => {
          const { version, lastActiveAt } = last.get(viewer) ?? { version: 0, lastActiveAt: 0 };
          const told = events.at(-1)?.presence.version;
          if (told !== undefined) expect(told).toBeGreaterThan(version);
          // A viewer with groups sees a user who is OFFLINE as one who was never seen.
          const isUnknown = seen.version === 0;
          if (told !== undefined && !isUnknown) expect(seen.version).toBe(told);
          if (!isUnknown) expect(seen.version).toBeGreaterThanOrEqual(version);
          if (seen.lastActiveAt !== undefined)
            expect(seen.lastActiveAt).toBeGreaterThanOrEqual(lastActiveAt);
          last.set(viewer, {
            version: Math.max(version, seen.version, told ?? 0),
            lastActiveAt: Math.max(lastActiveAt, seen.lastActiveAt ?? 0),
          });
        });
      }),
      { numRuns: runs(500) },
    );
  });

  it('no event names a channel that the viewer may not watch, and none has more than the shown presence', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        watch(lines, policy, (viewer, { user, events, seen }) => {
          if (viewer.userId === user.userId) return;
          const mayWatch = viewer.mayWatch ?? (() => true);
          const named = [...channelIdsOf(seen), ...events.flatMap(channelsIn)];
          expect(named.filter((channelId) => !mayWatch(channelId))).toEqual([]);
          const shown = channelIdsOf(user.shown);
          expect(channelIdsOf(seen).filter((channelId) => !shown.includes(channelId))).toEqual([]);
          if (user.shown.status === 'OFFLINE') expect(seen.status).toBe('OFFLINE');
          if (seen.status !== 'OFFLINE' && viewer.groups !== undefined) {
            const groups = user.sessions.flatMap((session) => [...session.groups]);
            const isColleague = groups.some((group) => viewer.groups!.has(group));
            expect(isColleague || shown.some(mayWatch)).toBe(true);
          }
          if (seen.status !== 'OFFLINE')
            expect(seen.lastActiveAt).toBeGreaterThanOrEqual(seen.connectedAt!);
        });
      }),
    );
  });

  it('users see themselves as others do in streams, and themselves in reads', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        watch(lines, policy, (viewer, { user, seen }) => {
          if (viewer.userId !== user.userId) return;
          expect(seen).toBe(user.shown);
          expect(shownTo(viewer, user)).toBe(user.own);
        });
      }),
    );
  });
});

function announcedText(presence: Presence): object {
  const { attributes, ...rest } = announced(presence) as {
    attributes: ReadonlyMap<string, string>;
  };
  return { ...rest, attributes: [...attributes] };
}

/** Returns a history in which the input at each of these times is added. */
function withInputs(lines: readonly Line[], added: readonly Line[]): readonly Line[] {
  return [...added, ...lines].sort(([a], [b]) => a - b);
}

/** Returns what a viewer receives over a history and an idle timeout after it. */
function receivedBy(
  viewer: Viewer,
  lines: readonly Line[],
  policy: Policy,
  { withVersions = false } = {},
): readonly unknown[] {
  const received: unknown[] = [];
  const end = (lines.at(-1)?.[0] ?? 0) + 10_000;
  follow([...lines, [end, { type: 'time' }]], policy, (before, { user, occurredAt, cause }) => {
    const [from, to] = [viewedOf(before), viewedOf(user)];
    for (const { presence, ...event } of eventsFor(viewer, from, to, occurredAt, cause)) {
      const { previousOtherChannelIds, ...rest } = event;
      const version = withVersions ? presence.version : undefined;
      const others = [...previousOtherChannelIds].sort();
      received.push({ ...rest, others, ...sight(presence), version });
    }
  });
  return received;
}

/** Inputs that an invisible user makes or receives with another result than a user who hides. */
const DIFFERENT_IF_INVISIBLE = new Set([
  'setStatus',
  'hideFrom',
  'moderateMute',
  'moveUser',
  'removeUser',
]);

function withoutDifferences(lines: readonly Line[]): readonly Line[] {
  return lines
    .filter(([, { type }]) => !DIFFERENT_IF_INVISIBLE.has(type))
    .map(([at, input]) => {
      if (input.type !== 'connect' || input.remembered === undefined) return [at, input];
      return [at, { ...input, remembered: { ...input.remembered, status: undefined } }];
    });
}

const moments = fc
  .uniqueArray(fc.integer({ min: 100, max: 500 }), { minLength: 1, maxLength: 5 })
  // Between two ticks, so that nothing else happens at the same time.
  .map((ticks) => ticks.sort((a, b) => a - b).map((tick) => tick * TICK_MS + TICK_MS / 2));

describe('A user who hides from a viewer', () => {
  it('appears to this viewer exactly like a user who becomes invisible and visible again, which looks like a disconnect and a connect', () => {
    const bobs = viewers.filter(({ userId }) => userId === 'bob');
    fc.assert(
      fc.property(history, policies, moments, fc.constantFrom(...bobs), (all, policy, at, bob) => {
        const lines = withoutDifferences(all);
        const hiding = at.map((time, i): Line => [
          time,
          i % 2 === 0 ? hideFrom('bob') : hideFrom(),
        ]);
        const invisible = at.map((time, i): Line => [
          time,
          setStatusOf(i % 2 === 0 ? 'INVISIBLE' : 'AUTOMATIC'),
        ]);
        expect(receivedBy(bob, withInputs(lines, hiding), policy)).toEqual(
          receivedBy(bob, withInputs(lines, invisible), policy),
        );
      }),
      { numRuns: runs(1000) },
    );
  });

  it('appears to every other viewer like a user who does not hide, including the versions', () => {
    const others = viewers.filter(({ userId }) => userId === 'dave');
    fc.assert(
      fc.property(history, policies, fc.constantFrom(...others), (lines, policy, other) => {
        const open = lines.filter(([, { type }]) => type !== 'hideFrom');
        const all = { withVersions: true };
        expect(receivedBy(other, lines, policy, all)).toEqual(receivedBy(other, open, policy, all));
      }),
      { numRuns: runs(300) },
    );
  });
});
