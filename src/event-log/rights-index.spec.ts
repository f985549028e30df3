import { describe, expect, it } from 'vitest';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { eventOf } from '../../test/support/log.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import { NO_CHANNELS, unknownPresence } from '../domain/presence.js';
import type { Viewer } from '../domain/viewer.js';
import { eventsFor, type Viewed } from '../domain/visibility.js';
import type { CommitFacts } from './commit-facts.js';
import { RightsIndex } from './rights-index.js';

const groups = fc.subarray(['acme', 'bolt', 'corp']);
const channels = fc.subarray(['attic', 'lobby']);
const viewers = fc
  .record({
    userId: fc.constantFrom('ann', 'bob', 'eve'),
    groups: fc.option(groups, { nil: undefined }),
    channels: fc.option(channels, { nil: undefined }),
  })
  .filter((each) => each.groups !== undefined || each.channels !== undefined)
  .map(({ userId, ...rights }) => restrictedViewer(userId, rights));

const frozen = { presence: unknownPresence('ann'), endedAt: undefined, endedVersion: 0 };
const states: fc.Arbitrary<Viewed> = fc
  .record({ groups, channels, isMuted: fc.boolean(), hidden: fc.subarray(['bob', 'eve']) })
  .map(({ groups: groupIds, channels: [channelId, ...others], isMuted, hidden }) => ({
    shown: {
      ...unknownPresence('ann'),
      ...{ status: 'ONLINE', channelId, isSpeakerMuted: isMuted, version: 1 },
      otherChannelIds: others.length === 0 ? NO_CHANNELS : others,
    },
    groups: groupIds,
    hiddenFrom: new Map(hidden.map((viewerId) => [viewerId, frozen])),
  }));

function seesDifference(viewer: Viewer, { before, after }: CommitFacts): boolean {
  return eventsFor(viewer, before!, after, 0, 'REQUESTED').length > 0;
}

/** Returns the readers, without the pauses. */
function readersOf(index: RightsIndex<number>, facts: CommitFacts): readonly number[] {
  return [...index.readersOf(facts)].filter((reader) => reader !== undefined);
}

describe('The index of rights', () => {
  it('finds every reader who sees a difference', () => {
    fc.assert(
      fc.property(fc.array(viewers), states, states, fc.nat(), (all, before, after, gone) => {
        const index = new RightsIndex<number>(seesDifference);
        const facts = {
          ...{ before, after, occurredAt: 0, cause: 'REQUESTED' as const },
          ...{ first: 1, end: 2 },
        };
        all.forEach((viewer, reader) => {
          index.add(viewer, reader);
          // Earlier commits must not decide who is found.
          if (reader === Math.floor(all.length / 2)) readersOf(index, facts);
        });
        const left = all.length === 0 ? -1 : gone % all.length;
        if (left >= 0) index.delete(all[left]!, left);
        const found = new Set(readersOf(index, facts));
        expect(found).not.toContain(left);
        for (const [reader, viewer] of all.entries()) {
          if (reader !== left && seesDifference(viewer, facts)) expect(found).toContain(reader);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('checks only the rights of readers who can see the user', () => {
    const checked: string[] = [];
    const index = new RightsIndex<number>((viewer) => {
      checked.push(viewer.rights);
      return false;
    });
    for (let i = 0; i < 100; i++)
      index.add(restrictedViewer(`viewer-${i}`, { groups: [`group-${i}`], channels: [] }), i);
    const { presence: shown } = eventOf('ann', 1);
    const viewed = { shown, groups: ['group-7', 'group-8'], hiddenFrom: new Map() };
    const facts = { before: viewed, after: viewed, occurredAt: 0, cause: 'REQUESTED' } as const;
    expect(readersOf(index, { ...facts, first: 1, end: 2 })).toEqual([]);
    expect(checked).toHaveLength(2);
  });

  it('checks the rights for a channel once, and not for each of its events', () => {
    const index = new RightsIndex<number>(() => true);
    let checks = 0;
    const mayWatch = (channelId: string): boolean => {
      checks++;
      return channelId === 'lobby';
    };
    for (let i = 0; i < 100; i++) {
      const viewer = restrictedViewer(`viewer-${i}`, { groups: [`group-${i}`] });
      index.add({ ...viewer, mayWatch: i === 7 ? mayWatch : () => !++checks }, i);
    }
    const { presence: shown } = eventOf('ann', 1, { channelId: 'lobby' });
    const viewed = { shown, groups: [], hiddenFrom: new Map() };
    const facts = { before: viewed, after: viewed, occurredAt: 0, cause: 'REQUESTED' } as const;
    for (let i = 0; i < 10; i++)
      expect(readersOf(index, { ...facts, first: 1, end: 2 })).toEqual([7]);
    expect(checks).toBe(100);
  });

  it('checks the rights for each channel once, also if a few users are in thousands of channels', () => {
    const index = new RightsIndex<number>(() => true);
    let checks = 0;
    for (let i = 0; i < 10; i++) {
      const viewer = restrictedViewer(`viewer-${i}`, { groups: [`group-${i}`] });
      index.add({ ...viewer, mayWatch: () => !++checks }, i);
    }
    const factsOf = (userId: string): CommitFacts => {
      const { presence } = eventOf(userId, 1, { channelId: `${userId} lobby` });
      const otherChannelIds = Array.from({ length: 999 }, (_, i) => `${userId} ${i}`);
      const viewed = { shown: { ...presence, otherChannelIds }, groups: [], hiddenFrom: new Map() };
      const change = { before: viewed, after: viewed, occurredAt: 0, cause: 'REQUESTED' } as const;
      return { ...change, first: 1, end: 2 };
    };
    const facts = ['ann', 'bob', 'cem'].map(factsOf);
    for (let round = 0; round < 3; round++)
      for (const each of facts) expect(readersOf(index, each)).toEqual([]);
    expect(checks).toBe(3 * 1000 * 10);
  });

  it('keeps nothing for readers that have ended', () => {
    const index = new RightsIndex<number>(() => true);
    const viewer = restrictedViewer('eve', { groups: ['acme'] });
    index.add(viewer, 1);
    index.add({ ...viewer, userId: 'bob' }, 2);
    expect(index.size).toBe(1);
    const { presence: shown } = eventOf('ann', 1, { channelId: 'lobby' });
    const viewed = { shown, groups: ['acme'], hiddenFrom: new Map() };
    const change = { before: viewed, after: viewed, occurredAt: 0, cause: 'REQUESTED' } as const;
    expect(readersOf(index, { ...change, first: 1, end: 2 })).toEqual([1, 2]);
    index.delete(viewer, 1);
    index.delete({ ...viewer, userId: 'bob' }, 2);
    expect(index.size).toBe(0);
    const maps = Object.values(index).filter((each) => each instanceof Map || each instanceof Set);
    expect(maps.filter(({ size }) => size > 0)).toEqual([]);
  });
});
