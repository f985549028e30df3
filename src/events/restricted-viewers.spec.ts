import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import { EventWorld, eventLines, type Reader } from '../../test/support/events.js';
import { filterOf } from '../../test/support/log.js';
import {
  connect,
  connectWith,
  disconnect,
  grantsOf,
  join,
  joinToo,
  leave,
  mute,
} from '../../test/support/play.js';
import { GUEST, MEMBER, restrictedViewer } from '../../test/support/viewers.js';
import { Sync } from '../api/generated/presence/v1/events_service.pb.js';
import { unrestrictedViewer, type Viewer } from '../domain/viewer.js';
import type { SubscribeOptions } from './events.service.js';

const { SYNC_CURRENT } = Sync;
const GROUPS_ONLY = { visibility: 'groups', channelAccess: 'granted' } as const;

const WATCHER = restrictedViewer('watcher', { channels: ['lobby'] });
const ADMIN = unrestrictedViewer('admin');

let world: EventWorld;
useFakeTimers();
beforeEach(() => {
  world = new EventWorld({ access: GROUPS_ONLY });
});

describe('A viewer who may watch a channel and sees no other users', () => {
  it('sees users come online when they enter the channel, and go OFFLINE when they leave it', async () => {
    const reader = await world.subscribed(GUEST);
    await world.happenAndFlush('ann', connectWith('acme'), mute('a', { speaker: true }));
    expect(reader.messages).toEqual([]);
    await world.happenAndFlush('ann', join('a', 'lobby'));
    await world.happenAndFlush('ann', mute('a', { speaker: false }));
    await world.happenAndFlush('ann', join('a', 'attic'));
    await world.happenAndFlush('ann', mute('a', { speaker: true }));
    expect(eventLines(reader)).toEqual([
      ['userOnline', 'userChannelChanged', 'userMuteStateChanged'],
      ['userMuteStateChanged'],
      ['userChannelChanged', 'userOffline'],
    ]);
  });

  it('finds names of other channels in no field of an event', async () => {
    const reader = await world.subscribed(GUEST);
    await world.happenAndFlush('ann', connectWith(), join('a', 'secret-1'), joinToo('a', 'lobby'));
    await world.happenAndFlush('ann', joinToo('a', 'secret-2'), leave('a', 'secret-1'));
    await world.happenAndFlush('ann', mute('a', { speaker: true }), join('a', 'secret-3'));
    const [entered, changes] = reader.messages.map(({ events }) => events);
    expect(reader.messages).toHaveLength(2);
    expect(JSON.stringify(reader.messages)).not.toContain('secret');
    expect(entered![0]!.presence).toMatchObject({
      currentChannelId: 'lobby',
      channelIds: ['lobby'],
    });
    const [muted, left] = changes!;
    expect(muted!.presence!.channelIds).toEqual(['lobby']);
    expect(left!.change).toEqual({
      $case: 'userChannelChanged',
      value: { previousChannelId: 'lobby', joinedChannelIds: [], leftChannelIds: ['lobby'] },
    });
  });

  it('receives no message for a change of a secret channel or of groups', async () => {
    await world.happenAndFlush('ann', connectWith(), join('a', 'lobby'));
    const reader = await world.subscribed(GUEST);
    await world.happenAndFlush('ann', joinToo('a', 'secret'));
    await world.happenAndFlush('ann', connect('b', { token: grantsOf('acme') }), disconnect('b'));
    expect(eventLines(reader).flat()).not.toContain('userChannelChanged');
  });

  it('sees itself whatever its rights are', async () => {
    const reader = await world.subscribed(GUEST);
    await world.happenAndFlush('guest', connectWith(), join('a', 'attic'));
    expect(eventLines(reader)).toEqual([['userOnline', 'userChannelChanged']]);
    expect(reader.messages[0]!.events[1]!.presence!.currentChannelId).toBe('attic');
  });
});

describe('A viewer who sees every user, and one channel', () => {
  it('receives a delayed event although it is not the first one of its commit', async () => {
    const filter = filterOf({ kinds: ['USER_OFFLINE'] });
    const reader = await world.subscribe({ filter }, { viewer: WATCHER, credits: 2 });
    await world.happenAndFlush('bob', connectWith(), disconnect('a'));
    await world.happenAndFlush('ann', connectWith(), join('a', 'lobby'), disconnect('a'));
    reader.letGoOn(Infinity);
    vi.runAllTimers();
    expect(world.commits.at(-1)!.events).toHaveLength(2);
    expect(eventLines(reader).slice(1)).toEqual([['userOffline'], ['userOffline']]);
  });
});

describe('A viewer with groups', () => {
  it('sees only users with a session in its groups, from the start to the end of that session', async () => {
    const reader = await world.subscribed(MEMBER);
    await world.happenAndFlush('bob', connectWith('bolt'));
    await world.happenAndFlush('ann', connectWith('bolt'));
    expect(reader.messages).toEqual([]);
    await world.happenAndFlush('ann', connect('b', { token: grantsOf('acme') }));
    await world.happenAndFlush('ann', disconnect('b'));
    expect(eventLines(reader)).toEqual([['userOnline'], ['userOffline']]);
  });

  it('receives only the requested kinds of event', async () => {
    const filter = filterOf({ kinds: ['USER_OFFLINE'] });
    const reader = await world.subscribed(MEMBER, { filter });
    await world.happenAndFlush('ann', connectWith('acme'), disconnect('a'));
    await world.happenAndFlush('bob', connectWith('bolt'), disconnect('a'));
    expect(eventLines(reader)).toEqual([['userOffline']]);
  });

  it('receives everything once if it subscribes in the middle of a flush', async () => {
    const early: Reader[] = [];
    for (let i = 0; i < 100; i++) early.push(await world.subscribed(MEMBER));
    await world.happen('ann', connectWith('acme'));
    vi.advanceTimersToNextTimer();
    const counts = () => early.map(({ messages }) => messages.length);
    expect(new Set(counts())).toEqual(new Set([0, 1]));
    await world.happen('bob', connectWith('acme'));
    const late = await world.subscribe({}, { viewer: MEMBER });
    await world.happenAndFlush('ann', mute('a', { speaker: true }));
    expect(eventLines(late)).toEqual([['ann', 'bob'], [SYNC_CURRENT], ['userMuteStateChanged']]);
    for (const reader of early) {
      const lines = eventLines(reader).flat();
      expect(lines).toEqual(['userOnline', 'userOnline', 'userMuteStateChanged']);
    }
  });

  it('receives a snapshot of the users whom it sees', async () => {
    await world.happenAndFlush('ann', connectWith('acme'));
    await world.happenAndFlush('bob', connectWith('bolt'), join('a', 'lobby'));
    const told = async (viewer: Viewer, options: Partial<SubscribeOptions> = {}) =>
      eventLines(await world.subscribe(options, { viewer }))[0];
    expect(await told(MEMBER)).toEqual(['ann']);
    expect(await told(GUEST)).toEqual(['bob']);
    expect(await told(ADMIN)).toEqual(['ann', 'bob']);
    expect(await told(MEMBER, { filter: filterOf({ groupIds: ['acme'] }) })).toEqual(['ann']);
  });
});

describe('A filter on groups', () => {
  const filter = filterOf({ groupIds: ['acme'] });

  it('shows that users enter and leave the groups, also to viewers who see everyone', async () => {
    const readers = [
      await world.subscribed(ADMIN, { filter }, ['acme']),
      await world.subscribed(MEMBER, { filter }),
    ];
    await world.happenAndFlush('ann', connectWith('bolt'), join('a', 'lobby'));
    await world.happenAndFlush('ann', connect('b', { token: grantsOf('acme') }));
    await world.happenAndFlush('ann', mute('b', { speaker: true }));
    await world.happenAndFlush('ann', disconnect('b'));
    await world.happenAndFlush('ann', join('a', 'attic'));
    for (const reader of readers) {
      expect(eventLines(reader).map((line) => [line[0], line.at(-1)])).toEqual([
        ['userOnline', expect.anything()],
        ['userMuteStateChanged', 'userMuteStateChanged'],
        [expect.anything(), 'userOffline'],
      ]);
    }
  });

  it('together with a channel shows users of either, and no OFFLINE while one of them matches', async () => {
    const both = filterOf({ groupIds: ['acme'], channelIds: ['lobby'] });
    const reader = await world.subscribed(ADMIN, { filter: both }, ['acme']);
    await world.happenAndFlush('ann', connectWith('acme'), joinToo('a', 'lobby'));
    reader.messages.length = 0;
    await world.happenAndFlush('ann', connect('b', { token: grantsOf() }), disconnect('a'));
    await world.happenAndFlush('ann', joinToo('b', 'lobby'));
    expect(eventLines(reader).flat()).not.toContain('userOffline');
  });

  it('is rejected with PERMISSION_DENIED without the group, before anything is sent', async () => {
    const reader = await world.subscribe({ filter }, { viewer: ADMIN, groups: ['bolt'] });
    expect(reader.rejection).toMatchObject({ reason: 'GROUP_NOT_GRANTED', field: 'group_ids' });
    const guest = await world.subscribe(
      { filter: filterOf({ channelIds: ['lobby', 'attic'] }) },
      { viewer: GUEST },
    );
    expect(guest.rejection).toMatchObject({ reason: 'CHANNEL_NOT_GRANTED', field: 'channel_ids' });
    expect([...reader.messages, ...guest.messages]).toEqual([]);
    expect(world.fanOut.size).toBe(0);
  });

  it('names any user, also one whom the viewer does not see', async () => {
    await world.happenAndFlush('bob', connectWith('bolt'));
    const named = filterOf({ userIds: ['bob', 'nobody'] });
    const reader = await world.subscribe({ filter: named }, { viewer: MEMBER });
    const [bob, nobody] = reader.messages[0]!.snapshot;
    expect({ ...bob, userId: 'nobody' }).toEqual(nobody);
  });
});
