import { setImmediate as nextIteration } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { slowDown } from '../../test/support/fake-timers.js';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { EventWorld } from '../../test/support/events.js';
import {
  choose,
  connect,
  disconnect,
  grantsOf,
  hideFrom,
  join,
  joinToo,
  leave,
} from '../../test/support/play.js';
import { principalOf } from '../../test/support/principal.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import { WatchCountsResponse } from '../api/generated/presence/v1/events_service.pb.js';
import type { PresenceCount } from '../api/generated/presence/v1/presence.pb.js';
import { countMessage } from '../api/count-mapper.js';
import { LISTED_STATUSES } from '../domain/presence.js';
import type { Input } from '../domain/input.js';
import type { RejectedError } from '../domain/rejected-error.js';
import { unrestrictedViewer, type Viewer } from '../domain/viewer.js';
import { noCounts, type StatusCounts } from '../store/presence-reader.js';
import { PresenceView } from '../store/presence-view.js';
import { TimeSlice } from '../timers/time-slice.js';
import type { SubscriberStream } from './events.service.js';

const viewers: readonly Viewer[] = [
  unrestrictedViewer('ann'),
  unrestrictedViewer('eve'),
  restrictedViewer('bob', { groups: ['acme'], channels: [] }),
  restrictedViewer('eve', { groups: ['acme'], channels: [] }),
  restrictedViewer('ann', { groups: [], channels: ['lobby'] }),
  restrictedViewer('eve', { channels: ['lobby'] }),
];

/** A stream of `WatchCounts` that is always ready. */
class Watcher implements SubscriberStream {
  readonly isReady = true;
  /** The messages except heartbeats. */
  readonly messages: (readonly PresenceCount[])[] = [];
  rejection: RejectedError | undefined;

  /** Lets the stream accept messages again. */
  goOn: () => void = () => {};

  onReady(listener: () => void): void {
    this.goOn = listener;
  }

  /** The newest count of each scope, in short form. */
  get counts(): ReadonlyMap<string, PresenceCount> {
    return new Map(this.messages.flat().map((count) => [count.scope?.value ?? 'all', count]));
  }
}

async function watch(
  world: EventWorld,
  viewer: Viewer,
  channelIds: readonly string[] = [],
  groupIds: readonly string[] = [],
): Promise<Watcher> {
  const watcher = new Watcher();
  const caller = principalOf(viewer.userId, { viewer, groups: ['acme'] });
  world.service.watchCounts(caller, { channelIds, groupIds }, watcher).subscribe({
    next: (bytes) => {
      const { counts } = WatchCountsResponse.decode(bytes);
      if (counts.length > 0) watcher.messages.push(counts);
    },
    error: (error: RejectedError) => (watcher.rejection = error),
  });
  await Promise.resolve();
  return watcher;
}

/** A message may follow the last one now. */
function flush(world: EventWorld): Promise<void> {
  world.clock.advance(1000);
  return world.counts.flush();
}

const inputs: fc.Arbitrary<Input> = fc.oneof(
  { weight: 2, arbitrary: fc.subarray(['acme', 'bolt']).map((ids) => connectWith(...ids)) },
  fc.constantFrom(disconnect('s'), leave('s'), choose('s', 'AWAY'), choose('s', 'INVISIBLE')),
  fc.constantFrom(join('s', 'lobby'), join('s', 'attic'), joinToo('s', 'attic')),
  { weight: 2, arbitrary: fc.subarray(['ann', 'bob', 'eve']).map((ids) => hideFrom(...ids)) },
);

function connectWith(...groups: readonly string[]): Input {
  return connect('s', { token: grantsOf(...groups), previousSessionId: 's' });
}

/** A slow and simple count of the users in a list. */
function countOf(presences: Iterable<{ readonly status: string }>): StatusCounts {
  const counts = noCounts();
  for (const { status } of presences) counts[status as keyof StatusCounts]++;
  return counts;
}

describe('The counts of a stream', () => {
  it('are those of the users whom the viewer sees, however many viewers share them', async () => {
    const deeds = fc.array(
      fc.record({
        userId: fc.constantFrom('ann', 'bob', 'cem'),
        input: inputs,
        isFlushed: fc.boolean(),
        joins: fc.option(fc.constantFrom(...viewers), { freq: 3 }),
      }),
      { maxLength: 40, size: 'max' },
    );
    await fc.assert(
      fc.asyncProperty(deeds, fc.boolean(), async (program, isSlow) => {
        const world = new EventWorld();
        const speedUp = isSlow ? slowDown() : () => {};
        const all: { readonly viewer: Viewer; readonly watcher: Watcher }[] = [];
        const begin = async (viewer: Viewer): Promise<void> => {
          all.push({ viewer, watcher: await watch(world, viewer) });
          const channelIds = viewer.mayWatch?.('lobby') === false ? [] : ['lobby'];
          const groupIds = viewer.groups?.has('acme') === false ? [] : ['acme'];
          all.push({ viewer, watcher: await watch(world, viewer, channelIds, groupIds) });
        };
        for (const { userId, input, isFlushed, joins } of program) {
          await world.happen(userId, input);
          if (joins !== null) await begin(joins);
          // A slow flush pauses after each step, and the history goes on meanwhile.
          if (isFlushed && isSlow) void flush(world);
          else if (isFlushed) await flush(world);
          if (isSlow) await nextIteration();
        }
        speedUp();
        while (Reflect.get(world.counts, 'isFlushing') === true) await nextIteration();
        await flush(world);
        for (const { viewer, watcher } of all) {
          const view = world.store.view.for(viewer);
          const expected = {
            all: countMessage(undefined, countOf(view.listed(LISTED_STATUSES))),
            lobby: countMessage({ channelId: 'lobby' }, countOf(view.members('lobby'))),
            acme: countMessage({ groupId: 'acme' }, countOf(view.inGroup('acme'))),
          };
          for (const [scope, count] of watcher.counts) {
            expect(count).toMatchObject(expected[scope as keyof typeof expected]);
          }
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('are sent only to the viewers for whom they change', async () => {
    const world = new EventWorld();
    await world.happen('ann', connectWith('acme'));
    await world.happen('ann', choose('s', 'AWAY'));
    const [eve, zed] = [
      await watch(world, unrestrictedViewer('eve')),
      await watch(world, unrestrictedViewer('zed')),
    ];
    await world.happen('ann', hideFrom('eve'));
    await flush(world);
    expect([eve, zed].map(({ messages }) => messages.length)).toEqual([2, 1]);
    expect(eve.messages[1]).toMatchObject([{ total: 0, byStatus: [] }]);
    await world.happen('bob', connectWith());
    await flush(world);
    expect([eve, zed].map(({ messages }) => messages.at(-1)![0]!.total)).toEqual([1, 2]);
    await world.happen('ann', hideFrom());
    await flush(world);
    expect([eve, zed].map(({ messages }) => messages.length)).toEqual([4, 2]);
  });

  it('follow from the commits that change a user whom the viewers see, without a new count', async () => {
    const world = new EventWorld();
    const members = Array.from({ length: 10 }, (_, i) =>
      restrictedViewer(`member-${i}`, { groups: ['acme'], channels: [] }),
    );
    const watchers = await Promise.all(members.map((viewer) => watch(world, viewer)));
    const counted = vi.spyOn(PresenceView.prototype, 'for');
    await world.happen('ann', connectWith('bolt'));
    await flush(world);
    for (const { messages } of watchers) expect(messages).toHaveLength(1);
    await world.happen('bob', connectWith('acme'));
    await flush(world);
    for (const { messages } of watchers) expect(messages.at(-1)).toMatchObject([{ total: 1 }]);
    expect(counted).not.toHaveBeenCalled();
    counted.mockRestore();
  });

  it('cost nothing for viewers whose rights do not let them see the user, whatever changes', async () => {
    const world = new EventWorld();
    const mayWatch = vi.fn((channelId: string) => channelId === 'stage');
    for (let i = 0; i < 20; i++) {
      const viewer = restrictedViewer(`member-${i}`, { groups: [`group-${i}`], channels: [] });
      await watch(world, { ...viewer, mayWatch });
    }
    await world.happen('ann', connectWith('acme'));
    await world.happen('ann', join('s', 'lobby'));
    await flush(world);
    // The index checks all rights when a channel is new.
    expect(mayWatch).toHaveBeenCalledTimes(20);
    for (const status of ['AWAY', 'DO_NOT_DISTURB', 'AWAY'] as const)
      await world.happen('ann', choose('s', status));
    await flush(world);
    expect(mayWatch).toHaveBeenCalledTimes(20);
  });

  it('show nothing of a user who hides, also before the next flush', async () => {
    const world = new EventWorld();
    await world.happen('ann', connectWith());
    const eve = await watch(world, unrestrictedViewer('eve'), ['lobby']);
    await world.happen('ann', hideFrom('eve'));
    await world.happen('ann', join('s', 'lobby'));
    // Counts the channel again for all who share the count.
    const zed = await watch(world, unrestrictedViewer('zed'), ['lobby']);
    expect(zed.messages).toMatchObject([[{ total: 1 }]]);
    // No message either: it would reveal that something has happened.
    world.clock.advance(1000);
    eve.goOn();
    await flush(world);
    expect(eve.messages).toMatchObject([[{ total: 0 }]]);
  });

  it('show nothing of a user who hides while another change has not been sent yet', async () => {
    const world = new EventWorld();
    await world.happen('ann', connectWith());
    await world.happen('bob', connectWith());
    const eve = await watch(world, unrestrictedViewer('eve'), ['lobby']);
    await world.happen('bob', join('s', 'lobby'));
    // The last message is too recent for another one.
    await world.counts.flush();
    await world.happen('ann', hideFrom('eve'));
    await world.happen('ann', join('s', 'lobby'));
    await watch(world, unrestrictedViewer('zed'), ['lobby']);
    world.clock.advance(1000);
    eve.goOn();
    await flush(world);
    expect(eve.messages).toMatchObject([[{ total: 0 }], [{ total: 1 }]]);
  });

  it('are found in slices of the event loop, and not while a commit is published', async () => {
    const world = new EventWorld();
    let checks = 0;
    const inSlices: number[] = [];
    const time = vi.spyOn(performance, 'now').mockImplementation(() => checks * 0.02);
    const pause = vi.spyOn(TimeSlice.prototype, 'next').mockImplementation(function (
      this: TimeSlice,
    ) {
      inSlices.push(checks - inSlices.reduce((sum, each) => sum + each, 0));
      this.restart();
      return Promise.resolve();
    });
    const mayWatch = (): boolean => {
      checks++;
      return false;
    };
    for (let i = 0; i < 100; i++) {
      const viewer = restrictedViewer(`member-${i}`, { groups: [`group-${i}`], channels: [] });
      await watch(world, { ...viewer, mayWatch });
    }
    await world.happen('ann', connectWith('acme'));
    for (let i = 0; i < 40; i++) await world.happen('ann', joinToo('s', `room-${i}`));
    expect(checks).toBe(0);
    await flush(world);
    expect(checks).toBe(4000);
    // All rights for one channel are one step.
    expect(Math.max(...inSlices)).toBeLessThanOrEqual(200);
    pause.mockRestore();
    time.mockRestore();
  });

  it('read the users who hide from a viewer once, for all channels', async () => {
    const world = new EventWorld();
    for (let i = 0; i < 20; i++) {
      await world.happen(`user ${i}`, connectWith());
      await world.happen(`user ${i}`, hideFrom('eve'));
    }
    const reads = vi.spyOn(PresenceView.prototype, 'for');
    const channelIds = Array.from({ length: 50 }, (_, i) => `room-${i}`);
    const eve = await watch(world, unrestrictedViewer('eve'), channelIds);
    const restricted = reads.mock.results.filter(({ value }) => value !== world.store.view);
    // One reader asks who hides, and the others only whether anyone does.
    const asked = restricted.filter(({ value }) => Reflect.get(value as object, 'knownHiders'));
    expect(asked).toHaveLength(1);
    expect(eve.messages[0]).toHaveLength(50);
    reads.mockRestore();
  });

  it('name only channels and groups that the token grants', async () => {
    const world = new EventWorld();
    const guest = restrictedViewer('guest', { channels: ['lobby'] });
    const { rejection, messages } = await watch(world, guest, ['lobby', 'attic']);
    expect(rejection).toMatchObject({ reason: 'CHANNEL_NOT_GRANTED', field: 'channel_ids' });
    expect(messages).toEqual([]);
    const stranger = await watch(world, guest, [], ['acme', 'bolt']);
    expect(stranger.rejection).toMatchObject({ reason: 'GROUP_NOT_GRANTED', field: 'group_ids' });
    expect(world.counts.size).toBe(0);
  });
});
