import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventWorld, eventLines, type Reader } from '../../test/support/events.js';
import { runEverything, runNext, slowDown, useFakeTimers } from '../../test/support/fake-timers.js';
import { filterOf } from '../../test/support/log.js';
import {
  choose,
  connect,
  connectWith,
  disconnect,
  grantsOf,
  hideFrom,
  join,
  mute,
} from '../../test/support/play.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import { Sync } from '../api/generated/presence/v1/events_service.pb.js';
import type { Input } from '../domain/input.js';
import { unrestrictedViewer, type Viewer } from '../domain/viewer.js';
import { ReadLimit } from '../limits/read-limit.js';
import { PresenceView } from '../store/presence-view.js';

const { SYNC_CURRENT, SYNC_RESET } = Sync;
const ACCESS = { visibility: 'groups', channelAccess: 'granted' } as const;

let world: EventWorld;
useFakeTimers();
beforeEach(() => void (world = new EventWorld({ access: ACCESS })));

describe('A snapshot that takes several slices of the event loop', () => {
  let speedUp: () => void;
  beforeEach(() => void (speedUp = slowDown()));
  afterEach(() => speedUp());

  const viewers: readonly Viewer[] = [
    unrestrictedViewer('eve'),
    restrictedViewer('eve', { groups: ['acme'], channels: ['lobby'] }),
    restrictedViewer('eve', { groups: [], channels: ['lobby'] }),
  ];
  const [everyone, members, guests] = viewers as [Viewer, Viewer, Viewer];
  const interests = [
    { viewer: everyone, filter: filterOf() },
    { viewer: everyone, filter: filterOf({ groupIds: ['acme'] }) },
    { viewer: members, filter: filterOf() },
    { viewer: members, filter: filterOf({ userIds: ['ann', 'bob', 'cem', 'dan'] }) },
    { viewer: guests, filter: filterOf({ channelIds: ['lobby'] }) },
  ];
  /** Changes of users, each of whom some of the viewers see before it or after it. */
  const changes: Readonly<Record<string, readonly (readonly [userId: string, input: Input])[]>> = {
    'a user hides': [['bob', hideFrom('eve')]],
    'a user hides and no longer hides': [
      ['bob', hideFrom('eve')],
      ['bob', hideFrom()],
    ],
    'a hidden user no longer hides': [['dan', hideFrom()]],
    'a user comes who is before the others': [
      ['abe', connectWith('acme')],
      ['abe', join('a', 'lobby')],
    ],
    'a user goes': [['ann', disconnect('a')]],
    'a user leaves the channel': [['bob', join('a', 'attic')]],
    'a user loses the group': [
      ['bob', connect('b', { token: grantsOf('bolt') })],
      ['bob', disconnect('a')],
    ],
    'a user becomes invisible': [['cem', choose('a', 'INVISIBLE')]],
    'a user mutes the speaker': [['cem', mute('a', { speaker: true })]],
  };

  async function begin(): Promise<void> {
    world = new EventWorld({ access: ACCESS });
    for (const userId of ['ann', 'bob', 'cem', 'dan', 'fay']) {
      await world.happen(userId, connectWith('acme'));
      await world.happen(userId, join('a', 'lobby'));
    }
    await world.happen('dan', hideFrom('eve'));
  }

  /** Returns the messages of a reader that subscribes now, in one slice. */
  async function now(options: object, viewer: Viewer): Promise<Reader> {
    speedUp();
    const reader = await world.subscribe(options, { viewer, groups: ['acme'] });
    speedUp = slowDown();
    return reader;
  }

  /** The presences of a snapshot, by user id. */
  function usersIn(messages: Reader['messages']): unknown[] {
    const presences = messages.flatMap(({ snapshot }) => snapshot);
    return presences.toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
  }

  it.each(Object.entries(changes))(
    'has all users as of its last slice, and the events after it, if %s meanwhile',
    async (_, inputs) => {
      for (const { viewer, filter } of interests) {
        for (let pauses = 0; ; pauses++) {
          await begin();
          const reader = await world.subscribe({ filter }, { viewer, groups: ['acme'] });
          expect(reader.messages).toEqual([]);
          for (let i = 0; i < pauses; i++) await runNext();
          if (reader.messages.length > 0) break;
          for (const [userId, input] of inputs) await world.happen(userId, input);
          const latest = await now({ filter }, viewer);
          await runEverything();
          const current = reader.messages.findIndex(({ sync }) => sync === SYNC_CURRENT);
          expect(usersIn(reader.messages.slice(0, current))).toEqual(usersIn(latest.messages));
          expect(reader.events).toEqual([]);
        }
      }
    },
  );

  it('is followed by the end of a user who hides from the viewer after its last slice', async () => {
    await begin();
    const reader = await world.subscribe({}, { credits: 0, viewer: viewers[1]! });
    await runEverything();
    await world.happen('bob', hideFrom('eve'));
    reader.letGoOn(Infinity);
    await runEverything();
    const events = ['userChannelChanged', 'userOffline'];
    expect(eventLines(reader)).toEqual([['ann', 'bob', 'cem', 'fay'], events, [SYNC_CURRENT]]);
  });

  it('is taken after those that began before, and each is as of its own last slice', async () => {
    await begin();
    const following = vi.spyOn(PresenceView.prototype, 'follow');
    for (let i = 0; i < 150; i++) await world.happen(`user ${i}`, connectWith('acme'));
    const readers: Reader[] = [];
    for (const viewer of viewers) readers.push(await world.subscribe({}, { viewer }));
    await runNext();
    await runNext();
    expect(following).toHaveBeenCalledTimes(1);
    await world.happen('bob', hideFrom('eve'));
    await runEverything();
    expect(following).toHaveBeenCalledTimes(viewers.length);
    for (const { messages } of readers) {
      const told = messages.flatMap(({ snapshot, events }) => [...snapshot, ...events]);
      expect(JSON.stringify(told)).not.toContain('bob');
    }
    following.mockRestore();
  });

  it('ends when its stream ends, and costs what it has read', async () => {
    await begin();
    const charge = vi.spyOn(ReadLimit.prototype, 'consume');
    const reader = await world.subscribe();
    await runNext();
    reader.subscription!.unsubscribe();
    await runEverything();
    expect(charge.mock.calls.map(([, presences]) => presences < 5)).toEqual([true]);
    expect(Reflect.get(world.store.view, 'followers')).toEqual(new Set());
    expect(reader.messages).toEqual([]);
    charge.mockRestore();
  });

  it('is as of its last slice if a slow reader has lost its position, too', async () => {
    world = new EventWorld({ access: ACCESS, size: 3 });
    for (const userId of ['ann', 'bob', 'cem']) await world.happen(userId, connectWith('acme'));
    const reader = await world.subscribe({ latestOnly: true }, { viewer: viewers[1]!, credits: 0 });
    await runEverything();
    for (let i = 0; i < 5; i++) await world.happen('ann', mute('a', { speaker: i % 2 === 0 }));
    reader.letGoOn(Infinity);
    await runNext();
    await world.happen('ann', hideFrom('eve'));
    await runEverything();
    const reset = reader.messages.findIndex(({ sync }) => sync === SYNC_RESET);
    expect(eventLines(reader).slice(reset)).toEqual([[SYNC_RESET], ['bob', 'cem'], [SYNC_CURRENT]]);
    await world.happenAndFlush('bob', mute('a', { speaker: true }));
    expect(eventLines(reader).at(-1)).toEqual(['userMuteStateChanged']);
  });
});

describe('A large snapshot', () => {
  /** A reading of a user takes 0.02 ms. Returns the number of readings between two pauses, as a function. */
  function countReads(): { readonly bySlice: () => number; readonly end: () => void } {
    let reads = 0;
    const { presence } = PresenceView.prototype;
    const reading = vi.spyOn(PresenceView.prototype, 'presence').mockImplementation(function (
      this: PresenceView,
      userId,
    ) {
      reads++;
      return presence.call(this, userId);
    });
    const time = vi.spyOn(performance, 'now').mockImplementation(() => reads * 0.02);
    let before = 0;
    return {
      bySlice: () => {
        const since = reads - before;
        before = reads;
        return since;
      },
      end: () => [reading, time].forEach((spy) => spy.mockRestore()),
    };
  }

  it('reads some users and then lets other work come first, however many subscribe', async () => {
    for (let i = 0; i < 2000; i++) await world.happen(`user ${i}`, connect('a'));
    const meter = countReads();
    const slices: number[] = [];
    const named = filterOf({ userIds: Array.from({ length: 900 }, (_, i) => `user ${i}`) });
    const readers = [
      await world.subscribe(),
      await world.subscribe({ filter: named }),
      await world.subscribe(),
    ];
    slices.push(meter.bySlice());
    while (vi.getTimerCount() > 0) {
      await runNext();
      slices.push(meter.bySlice());
    }
    meter.end();
    expect(Math.max(...slices)).toBeLessThanOrEqual(101);
    expect(slices.filter((reads) => reads > 0).length).toBeGreaterThanOrEqual(49);
    const sizes = readers.map(
      ({ messages }) => messages.flatMap(({ snapshot }) => snapshot).length,
    );
    expect(sizes).toEqual([2000, 900, 2000]);
  });

  it('ends also if more users change in every pause than it can read', async () => {
    const users = Array.from({ length: 1500 }, (_, i) => `user ${i}`);
    for (const userId of users) await world.happen(userId, connect('a'));
    const meter = countReads();
    const slices: number[] = [];
    const reader = await world.subscribe();
    for (let i = 0; reader.messages.length === 0 && reader.rejection === undefined; i++) {
      for (let j = 0; j < 300; j++)
        await world.happen(users[(i * 300 + j) % 1500]!, mute('a', { speaker: i % 2 === 0 }));
      meter.bySlice();
      await runNext();
      slices.push(meter.bySlice());
    }
    meter.end();
    // The last slice reads as many users again as changed meanwhile.
    expect(Math.max(...slices.slice(0, -1))).toBeLessThanOrEqual(101);
    expect(slices.at(-1)).toBeLessThanOrEqual(1500 + 100);
  });
});
