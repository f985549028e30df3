import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channelChange } from '../support/changes.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { timestampMessage } from '../../src/api/proto-mappers.js';
import type { Client, OpenSession } from '../support/client.js';
import { inWords, msOf, statusOf } from '../support/in-words.js';
import { Service } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

const {
  STATUS_CHOICE_AUTOMATIC: AUTOMATIC,
  STATUS_CHOICE_AWAY: AWAY,
  STATUS_CHOICE_INVISIBLE: INVISIBLE,
} = StatusChoice;

const IDLE_MS = 300_000;

describe('An invisible user', () => {
  let service: Service;
  let reader: Client;
  beforeAll(async () => {
    service = await Service.start({ MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '99' });
    reader = await service.client('reader');
  });
  afterAll(() => service.stop());

  interface User extends OpenSession {
    readonly client: Client;
  }

  async function connect(userId: string): Promise<User> {
    const client = await service.client(userId);
    return { client, ...(await client.connect({ platform: 'web' })) };
  }

  /** Connects a user, who joins the lobby and then becomes invisible. */
  async function hide(userId: string): Promise<User> {
    const user = await connect(userId);
    const { client, sessionId } = user;
    await client.joinChannel({ sessionId, channelId: 'lobby' });
    await client.updateStatus({ sessionId, choice: INVISIBLE, statusText: 'nobody sees this' });
    return user;
  }

  async function follow(...userIds: string[]): Promise<SubscriptionReader> {
    const watcher = reader.subscribe({ userIds });
    await watcher.beginning();
    return watcher;
  }

  async function seen(userId: string) {
    return (await reader.getPresence({ userId })).presence!;
  }

  /** Returns all information that others can get about two users, without their names. */
  async function surfaces(userId: string) {
    const { presences: batch } = await reader.batchGetPresences({ userIds: [userId] });
    const online = await reader.listOnlineUsers();
    const members = await reader.listChannelMembers({ channelId: 'lobby' });
    const byUser = reader.subscribe({ userIds: [userId] });
    const byChannel = reader.subscribe({ channelIds: ['lobby'] });
    const byAll = reader.subscribe();
    const found = {
      get: await seen(userId),
      batch,
      online: online.presences.filter((presence) => presence.userId === userId),
      members: members.presences.filter((presence) => presence.userId === userId),
      snapshot: (await byUser.beginning()).snapshot,
      channelSnapshot: (await byChannel.beginning()).snapshot.map((presence) => presence.userId),
      fullSnapshot: (await byAll.beginning()).snapshot
        .map((presence) => presence.userId)
        .filter((id) => id === userId),
    };
    for (const subscription of [byUser, byChannel, byAll]) subscription.cancel();
    return found;
  }

  it('looks in every response exactly like a user who has disconnected', async () => {
    const watchers = [await follow('twin a'), await follow('twin b')];
    const hiding = await connect('twin a');
    const leaving = await connect('twin b');
    for (const { client, sessionId } of [hiding, leaving]) {
      await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
      await client.joinChannel({ sessionId, channelId: 'lobby' });
    }
    await service.passTime(1000);
    for (const { client, sessionId } of [hiding, leaving]) {
      await client.recordActivity({ target: { $case: 'sessionId', value: sessionId } });
    }
    await service.passTime(1000);
    await hiding.client.updateStatus({ sessionId: hiding.sessionId, choice: INVISIBLE });
    leaving.stream.cancel();
    const histories = await Promise.all(watchers.map((watcher) => watcher.nextEvents(5)));
    const [hidden, left] = histories.map((history) => anonymous(history));
    expect(hidden).toEqual(left);
    expect(histories[0]!.map(inWords)).toEqual([
      'userOnline CONNECTED',
      'userMuteStateChanged REQUESTED',
      'userChannelChanged REQUESTED',
      'userChannelChanged DISCONNECTED',
      'userOffline DISCONNECTED',
    ]);
    expect(anonymous(await surfaces('twin a'))).toEqual(anonymous(await surfaces('twin b')));
  });

  it('is in no list, no count and no channel', async () => {
    const before = [
      await reader.listOnlineUsers(),
      await reader.listChannelMembers({ channelId: 'lobby' }),
    ];
    await hide('ann');
    const after = [
      await reader.listOnlineUsers(),
      await reader.listChannelMembers({ channelId: 'lobby' }),
    ];
    expect(after).toEqual(before);
    for (let choice = 0; choice <= 5; choice++) {
      const { presences } = await reader.listOnlineUsers({ statuses: choice ? [choice] : [] });
      expect(presences.map((presence) => presence.userId)).not.toContain('ann');
    }
  });

  it('sees the own status, channel and text', async () => {
    const { client, sessionId } = await hide('ben');
    const { presence } = await client.getPresence({ userId: 'ben' });
    expect(statusOf(presence)).toBe('ONLINE');
    expect(presence).toMatchObject({
      currentChannelId: 'lobby',
      statusText: 'nobody sees this',
      platforms: ['web'],
    });
    const { presences } = await client.batchGetPresences({ userIds: ['reader', 'ben', 'ben'] });
    expect(presences.slice(1)).toEqual([presence, presence]);
    const muted = await client.updateMuteState({ sessionId, isSpeakerMuted: true });
    expect(muted.presence).toMatchObject({ currentChannelId: 'lobby', isSpeakerMuted: true });
    await service.passTime(IDLE_MS);
    const idle = await client.getPresence({ userId: 'ben' });
    expect(statusOf(idle.presence)).toBe('IDLE');
    const other = await client.connect();
    expect(statusOf(other.started.presence)).toBe('ONLINE');
  });

  it('is OFFLINE and in no list to the own subscriptions and lists, too', async () => {
    const { client, sessionId } = await connect('kim');
    const own = client.subscribe({ userIds: ['kim'] });
    await own.beginning();
    await client.joinChannel({ sessionId, channelId: 'den' });
    await client.updateStatus({ sessionId, choice: INVISIBLE });
    expect((await own.nextEvents(3)).map(inWords)).toEqual([
      'userChannelChanged REQUESTED',
      'userChannelChanged DISCONNECTED',
      'userOffline DISCONNECTED',
    ]);
    const { snapshot } = await client.subscribe({ userIds: ['kim'] }).beginning();
    expect(snapshot).toEqual([await seen('kim')]);
    const { presences } = await client.listOnlineUsers();
    expect(presences.map((presence) => presence.userId)).not.toContain('kim');
    expect((await client.listChannelMembers({ channelId: 'den' })).totalSize).toBe(0);
  });

  it("reveals nothing of the user's activity", async () => {
    const { client, sessionId, stream } = await hide('cora');
    const before = await surfaces('cora');
    const everything = reader.subscribe();
    await everything.beginning();
    const lobby = reader.subscribe({ channelIds: ['lobby', 'other'] });
    await lobby.beginning();

    await service.passTime(1000);
    await client.joinChannel({ sessionId, channelId: 'other' });
    await client.updateMuteState({ sessionId, isMicrophoneMuted: true, isSpeakerMuted: true });
    await client.updateStatus({ sessionId, choice: INVISIBLE, statusText: 'still here' });
    await client.leaveChannel({ sessionId });
    await client.joinChannel({ sessionId, channelId: 'lobby' });
    await client.recordActivity({ target: { $case: 'sessionId', value: sessionId } });
    const second = await client.connect({ platform: 'mobile', isSpeakerMuted: false });
    await service.passTime(2 * IDLE_MS);
    stream.cancel();
    await client.endSession({ sessionId: second.sessionId });
    await second.stream.ended;
    await client.connect();

    expect(await surfaces('cora')).toEqual(before);
    const marker = await connect('marker');
    await marker.client.joinChannel({ sessionId: marker.sessionId, channelId: 'lobby' });
    // The next event belongs to another user. Events of idle users of other tests may come before
    // it.
    const first = await everything.nextEvent();
    expect(first.presence?.userId).not.toBe('cora');
    expect((await lobby.nextEvent()).presence?.userId).toBe('marker');
    const rest = [first, ...everything.takeArrived().flatMap(({ events }) => events)];
    expect(rest.map(({ presence }) => presence?.userId)).not.toContain('cora');
  });

  it('is invisible from the first moment of a new session', async () => {
    const { stream, client } = await hide('dan');
    stream.cancel();
    const watcher = await follow('dan', 'dan marker');
    const { started } = await client.connect();
    expect(statusOf(started.presence)).toBe('ONLINE');
    expect(statusOf(await seen('dan'))).toBe('OFFLINE');
    await connect('dan marker');
    expect((await watcher.nextEvent()).presence?.userId).toBe('dan marker');
  });

  it('becomes visible like a user who has just connected', async () => {
    const { client, sessionId } = await hide('eva');
    const offline = await seen('eva');
    await service.passTime(1000);
    await client.joinChannel({ sessionId, channelId: 'other' });
    await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
    const watcher = await follow('eva');
    await service.passTime(1000);
    const { presence } = await client.updateStatus({ sessionId, choice: AUTOMATIC });
    const events = await watcher.nextEvents(3);
    expect(events.map(inWords)).toEqual([
      'userOnline CONNECTED',
      'userChannelChanged CONNECTED',
      'userMuteStateChanged CONNECTED',
    ]);
    for (const event of events) expect(event.presence).toEqual(presence);
    expect(events[1]?.change?.value).toEqual(channelChange(undefined, 'other'));
    // Not the time at which the session really began.
    expect(msOf(presence?.connectedAt)).toBe(service.clock.now());
    expect(presence!.version).toBeGreaterThan(offline.version);
    expect(await seen('eva')).toEqual(presence);
    const { presences } = await reader.listChannelMembers({ channelId: 'other' });
    expect(presences).toEqual([presence]);
  });

  it('also becomes visible by choosing another status', async () => {
    const { client, sessionId } = await hide('fin');
    const watcher = await follow('fin');
    await client.updateStatus({ sessionId, choice: AWAY });
    const event = await watcher.nextEvent();
    expect([inWords(event), statusOf(event.presence)]).toEqual(['userOnline CONNECTED', 'AWAY']);
  });

  it('becomes visible when the choice expires', async () => {
    const { client, sessionId } = await connect('gil');
    const watcher = await follow('gil');
    const expiresAt = timestampMessage(service.clock.now() + 1000);
    await client.updateStatus({ sessionId, choice: INVISIBLE, expiresAt });
    await service.passTime(1000);
    const events = await watcher.nextEvents(2);
    expect(events.map(inWords)).toEqual(['userOffline DISCONNECTED', 'userOnline CONNECTED']);
  });

  it('ends unseen', async () => {
    const { client, sessionId, stream } = await hide('hal');
    const watcher = await follow('hal', 'hal marker');
    await client.endSession({ sessionId });
    await stream.ended;
    await connect('hal marker');
    expect((await watcher.nextEvent()).presence?.userId).toBe('hal marker');
  });

  it('is no different to an admin, except for the sessions', async () => {
    const { sessionId } = await hide('ida');
    const admin = await service.client('admin', { isAdmin: true });
    const { presence } = await admin.getPresence({ userId: 'ida' });
    expect(presence).toEqual(await seen('ida'));
    const active = await admin.recordActivity({ target: { $case: 'userId', value: 'ida' } });
    expect(statusOf(active.presence)).toBe('OFFLINE');
    expect(active.presence).toEqual(presence);
    const { sessions } = await admin.listSessions({ userId: 'ida' });
    expect(sessions.map((session) => session.sessionId)).toEqual([sessionId]);
  });
});

/** Removes what must differ between two users: names, and versions of successive commits. */
function anonymous(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) =>
      key === 'version' ? undefined : item,
    ).replaceAll(/twin [ab]/g, 'twin'),
  );
}
