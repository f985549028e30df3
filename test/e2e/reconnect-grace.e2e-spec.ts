import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionRegistry } from '../../src/session/session-registry.js';
import type { Client, OpenSession } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { inWords, statusOf } from '../support/in-words.js';
import { Link } from '../support/link.js';
import { Service, tokenOf } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

const GRACE_MS = 10_000;

describe('The reconnect grace', () => {
  let service: Service;
  let reader: Client;
  let link: Link;
  beforeAll(async () => {
    service = await Service.start({
      RECONNECT_GRACE_MS: `${GRACE_MS}`,
      MAX_SESSIONS_PER_USER: '1',
    });
    reader = await service.client('reader', { isAdmin: true });
    link = await Link.to(service.addresses());
  });
  afterAll(async () => {
    link.close();
    await service.stop();
  });

  async function follow(userId: string): Promise<SubscriptionReader> {
    const watcher = reader.subscribe({ userIds: [userId] });
    await watcher.beginning();
    return watcher;
  }

  /** Connects a user, joins a channel, and then loses the connection. */
  async function lose(userId: string): Promise<OpenSession> {
    const client = service.clientWithToken(await tokenOf(userId), link.addresses);
    const session = await client.connect({ platform: 'mobile' });
    await client.joinChannel({ sessionId: session.sessionId, channelId: 'lobby' });
    await cutOff(userId);
    return session;
  }

  /** Cuts all connections, and waits until the loss is committed: only then does the grace of the user run. */
  async function cutOff(userId: string): Promise<void> {
    link.cut();
    await eventually(() => service.sizeOf(SessionRegistry), 0);
    await eventually(async () => (await reader.listSessions({ userId })).sessions, []);
  }

  it('keeps a user whose connection was lost online and in the channel', async () => {
    const { sessionId } = await lose('abe');
    await service.passTime(GRACE_MS - 1);
    const { presence } = await reader.getPresence({ userId: 'abe' });
    expect(statusOf(presence)).toBe('ONLINE');
    expect(presence).toMatchObject({ currentChannelId: 'lobby', platforms: ['mobile'] });
    // The user still counts, but its session is not listed.
    expect((await reader.listSessions({ userId: 'abe' })).sessions).toEqual([]);
    const client = await service.client('abe');
    await expect(client.heartbeat({ sessionId })).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it('keeps every channel and attribute of the session, and ends with all of them', async () => {
    const watcher = await follow('amy');
    const client = service.clientWithToken(await tokenOf('amy'), link.addresses);
    const { sessionId } = await client.connect({ attributes: new Map([['doc', 'plan']]) });
    for (const channelId of ['one', 'two']) {
      await client.joinChannel({ sessionId, channelId, keepOthers: true });
    }
    await cutOff('amy');
    await service.passTime(GRACE_MS - 1);
    const { presence } = await reader.getPresence({ userId: 'amy' });
    expect(presence).toMatchObject({
      channelIds: ['one', 'two'],
      attributes: new Map([['doc', 'plan']]),
    });
    await service.passTime(1);
    const events = await watcher.nextEvents(7);
    expect(events.slice(4).map(inWords)).toEqual([
      'userChannelChanged CONNECTION_LOST',
      'userAttributesChanged CONNECTION_LOST',
      'userOffline CONNECTION_LOST',
    ]);
    expect(events[4]!.change?.value).toMatchObject({ leftChannelIds: ['one', 'two'] });
    expect(events[5]!.change?.value).toEqual({ keys: ['doc'] });
    expect(events[6]!.presence).toMatchObject({ channelIds: [], attributes: new Map() });
  });

  it('lets the client come back into all of its channels', async () => {
    const client = service.clientWithToken(await tokenOf('bea'), link.addresses);
    const { sessionId } = await client.connect();
    for (const channelId of ['one', 'two']) {
      await client.joinChannel({ sessionId, channelId, keepOthers: true });
    }
    await cutOff('bea');
    const again = await service.client('bea');
    const { started, ...next } = await again.connect({ previousSessionId: sessionId });
    expect(started.session?.channelIds).toEqual(['one', 'two']);
    expect(started.presence?.currentChannelId).toBe('two');
    await again.endSession({ sessionId: next.sessionId });
    await next.stream.ended;
  });

  it('does not run out while the server cannot listen, and lasts as long after it as before', async () => {
    await lose('pat');
    await service.passTime(GRACE_MS - 1);
    service.clock.pause(1000);
    // The same time passes again until the server listens, and then the rest of the grace.
    await service.passTime(1000);
    const statusOfPat = async (): Promise<string> =>
      statusOf((await reader.getPresence({ userId: 'pat' })).presence);
    expect(await statusOfPat()).toBe('ONLINE');
    await service.passTime(GRACE_MS);
    expect(await statusOfPat()).toBe('OFFLINE');
  });

  it('does not depend on the wall clock', async () => {
    const watcher = await follow('ray');
    await lose('ray');
    await watcher.nextEvents(2);
    for (const stepMs of [-3_600_000, 7_200_000]) {
      service.clock.setWall(stepMs);
      await service.passTime(GRACE_MS / 2 - 1);
      expect(statusOf((await reader.getPresence({ userId: 'ray' })).presence)).toBe('ONLINE');
    }
    await service.passTime(2);
    expect((await watcher.nextEvents(2)).map(inWords)[1]).toBe('userOffline CONNECTION_LOST');
    service.clock.setWall(-3_600_000);
  });

  it('ends with the user OFFLINE if no client reconnects', async () => {
    const watcher = await follow('bob');
    await lose('bob');
    await service.passTime(GRACE_MS);
    const events = await watcher.nextEvents(4);
    expect(events.map(inWords)).toEqual([
      'userOnline CONNECTED',
      'userChannelChanged REQUESTED',
      'userChannelChanged CONNECTION_LOST',
      'userOffline CONNECTION_LOST',
    ]);
  });

  it('lets the client reconnect to its channel without an event', async () => {
    const watcher = await follow('cid');
    await lose('cid');
    await service.passTime(GRACE_MS - 1);
    // Its lost session does not count towards MAX_SESSIONS_PER_USER.
    const { stream, started } = await (await service.client('cid')).connect({ platform: 'mobile' });
    expect(started.presence?.currentChannelId).toBe('lobby');
    await service.passTime(2 * GRACE_MS);
    stream.cancel();
    const events = await watcher.nextEvents(5);
    expect(events.map(inWords)).toEqual([
      'userOnline CONNECTED',
      'userChannelChanged REQUESTED',
      'userConnectionChanged CONNECTED',
      'userChannelChanged DISCONNECTED',
      'userOffline DISCONNECTED',
    ]);
  });

  it('does not apply if the client ends its stream', async () => {
    const watcher = await follow('dee');
    const { stream } = await (await service.client('dee')).connect();
    stream.cancel();
    const events = await watcher.nextEvents(2);
    expect(events.map(inWords)).toEqual(['userOnline CONNECTED', 'userOffline DISCONNECTED']);
  });

  it('does not apply to a session that was ended by EndSession', async () => {
    const { sessionId } = await (await service.client('ed')).connect();
    await reader.endSession({ sessionId });
    expect(statusOf((await reader.getPresence({ userId: 'ed' })).presence)).toBe('OFFLINE');
  });

  it('applies to a client that misses heartbeats; its stream ends at once', async () => {
    const watcher = await follow('flo');
    const { stream } = await (await service.client('flo')).connect({ requireHeartbeats: true });
    await service.passTime(15_000);
    expect((await stream.ended).code).toBe(status.UNAVAILABLE);
    expect(statusOf((await reader.getPresence({ userId: 'flo' })).presence)).toBe('ONLINE');
    await service.passTime(GRACE_MS);
    const events = await watcher.nextEvents(2);
    expect(events.map(inWords)).toEqual(['userOnline CONNECTED', 'userOffline CONNECTION_LOST']);
  });
});
