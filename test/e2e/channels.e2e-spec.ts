import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channelChange } from '../support/changes.js';
import type { Client, OpenSession } from '../support/client.js';
import { inWords, statusOf } from '../support/in-words.js';
import { Service } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

describe('Channels', () => {
  let service: Service;
  let reader: Client;
  beforeAll(async () => {
    service = await Service.start({ MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '99' });
    reader = await service.client('reader');
  });
  afterAll(() => service.stop());

  interface User extends OpenSession {
    readonly client: Client;
    readonly watcher: SubscriptionReader;
  }

  /** Connects a user, and a subscriber that has received its online event. */
  async function connect(userId: string): Promise<User> {
    const client = await service.client(userId);
    const session = await client.connect();
    const watcher = reader.subscribe({ userIds: [userId] });
    await watcher.beginning();
    return { client, watcher, ...session };
  }

  async function membersOf(channelId: string): Promise<string[]> {
    const { presences, totalSize } = await reader.listChannelMembers({ channelId });
    expect(totalSize).toBe(presences.length);
    return presences.map(({ userId }) => userId);
  }

  it('list the users who have joined, ordered by id', async () => {
    for (const userId of ['zoe', 'adam']) {
      const { client, sessionId } = await connect(userId);
      await client.joinChannel({ sessionId, channelId: 'lobby' });
    }
    expect(await membersOf('lobby')).toEqual(['adam', 'zoe']);
  });

  it('have no members while they are empty', async () => {
    expect(await membersOf('nowhere')).toEqual([]);
  });

  it('notify subscribers when users join, move and leave, with the new presence', async () => {
    const { client, sessionId, watcher } = await connect('ann');
    const joined = await client.joinChannel({ sessionId, channelId: 'a' });
    const moved = await client.joinChannel({ sessionId, channelId: 'b' });
    const left = await client.leaveChannel({ sessionId });
    const events = await watcher.nextEvents(3);
    expect(new Set(events.map(inWords))).toEqual(new Set(['userChannelChanged REQUESTED']));
    expect(events.map(({ change }) => change?.value)).toEqual([
      channelChange(undefined, 'a'),
      channelChange('a', 'b'),
      channelChange('b', undefined),
    ]);
    expect(events.map(({ presence }) => presence)).toEqual([
      joined.presence,
      moved.presence,
      left.presence,
    ]);
    expect(events.map(({ presence }) => presence?.currentChannelId)).toEqual(['a', 'b', undefined]);
  });

  it('have a user in one of them at a time', async () => {
    const { client, sessionId } = await connect('ben');
    await client.joinChannel({ sessionId, channelId: 'c' });
    await client.joinChannel({ sessionId, channelId: 'd' });
    expect([await membersOf('c'), await membersOf('d')]).toEqual([[], ['ben']]);
  });

  it('are joined again and left again without an error and without an event', async () => {
    const { client, sessionId, watcher } = await connect('cora');
    const { presence } = await client.leaveChannel({ sessionId });
    expect(presence?.currentChannelId).toBeUndefined();
    const joined = await client.joinChannel({ sessionId, channelId: 'e' });
    const again = await client.joinChannel({ sessionId, channelId: 'e' });
    expect(again.presence).toEqual(joined.presence);
    const left = await client.leaveChannel({ sessionId });
    expect((await client.leaveChannel({ sessionId })).presence).toEqual(left.presence);
    await client.joinChannel({ sessionId, channelId: 'f' });
    const events = await watcher.nextEvents(3);
    expect(events.map(({ presence: after }) => after?.currentChannelId)).toEqual([
      'e',
      undefined,
      'f',
    ]);
  });

  it('are left when the session that joined ends, before the user goes OFFLINE', async () => {
    const { client, sessionId, stream, watcher } = await connect('dan');
    await client.joinChannel({ sessionId, channelId: 'g' });
    stream.cancel();
    const events = await watcher.nextEvents(3);
    expect(events.map(inWords)).toEqual([
      'userChannelChanged REQUESTED',
      'userChannelChanged DISCONNECTED',
      'userOffline DISCONNECTED',
    ]);
    // One commit: both events have the presence after it.
    expect(events[1]?.presence).toEqual(events[2]?.presence);
    expect(statusOf(events[1]?.presence)).toBe('OFFLINE');
    expect(events[1]?.change?.value).toEqual(channelChange('g', undefined));
    expect(await membersOf('g')).toEqual([]);
  });

  it('are left by the end of the session that joined also when the user has others', async () => {
    const { client, sessionId, stream, watcher } = await connect('eva');
    await client.connect({ platform: 'unknown' });
    await client.joinChannel({ sessionId, channelId: 'h' });
    stream.cancel();
    const [, left] = await watcher.nextEvents(2);
    expect(inWords(left!)).toBe('userChannelChanged DISCONNECTED');
    expect(statusOf(left?.presence)).toBe('ONLINE');
    expect(await membersOf('h')).toEqual([]);
  });

  it('are not left by the end of another session', async () => {
    const { client, sessionId, stream, watcher } = await connect('fin');
    const other = await client.connect();
    await client.joinChannel({ sessionId, channelId: 'i' });
    // The last session to join holds the channel, even if the user was already in it.
    await client.joinChannel({ sessionId: other.sessionId, channelId: 'i' });
    await service.passTime(1);
    stream.cancel();
    await watcher.nextEvents(1);
    await client.endSession({ sessionId });
    expect(await membersOf('i')).toEqual(['fin']);
    await client.endSession({ sessionId: other.sessionId });
    expect(await membersOf('i')).toEqual([]);
  });

  it('may be left from any session of the user', async () => {
    const { client, sessionId } = await connect('gil');
    const other = await client.connect();
    await client.joinChannel({ sessionId, channelId: 'j' });
    await client.leaveChannel({ sessionId: other.sessionId });
    expect(await membersOf('j')).toEqual([]);
  });

  it('keep a user who turns IDLE', async () => {
    const { client, sessionId, watcher } = await connect('hal');
    await client.joinChannel({ sessionId, channelId: 'k' });
    await service.passTime(300_000);
    const [, idle] = await watcher.nextEvents(2);
    expect([inWords(idle!), idle?.presence?.currentChannelId]).toEqual([
      'userStatusChanged IDLE',
      'k',
    ]);
    expect(await membersOf('k')).toEqual(['hal']);
  });

  it('are distinguished by every character of their ids', async () => {
    const channelIds = ['x', 'X', ' x', 'x ', 'x/y', 'é', 'e\u0301', '\u202ex', '🎧', '__proto__'];
    for (const [i, channelId] of channelIds.entries()) {
      const { client, sessionId } = await connect(`spelling ${i}`);
      const { presence } = await client.joinChannel({ sessionId, channelId });
      expect(presence?.currentChannelId).toBe(channelId);
    }
    const members = await Promise.all(channelIds.map(membersOf));
    expect(members).toEqual(channelIds.map((_, i) => [`spelling ${i}`]));
  });

  it('show one result of many moves made at once', async () => {
    const { client, sessionId, watcher } = await connect('ida');
    const channelIds = Array.from({ length: 20 }, (_, i) => `race ${i}`);
    await Promise.all(channelIds.map((channelId) => client.joinChannel({ sessionId, channelId })));
    const events = await watcher.nextEvents(20);
    const last = events.at(-1)!.presence!;
    const { presence } = await reader.getPresence({ userId: 'ida' });
    expect(presence).toEqual(last);
    for (const channelId of channelIds) {
      expect(await membersOf(channelId)).toEqual(
        channelId === last.currentChannelId ? ['ida'] : [],
      );
    }
    // Each event starts with the value with which the previous one ended.
    const befores = events.map(({ change }) => change?.value);
    expect(befores.slice(1)).toEqual(
      events
        .slice(1)
        .map((event, i) =>
          channelChange(events[i]!.presence?.currentChannelId, event.presence?.currentChannelId),
        ),
    );
  });
});
