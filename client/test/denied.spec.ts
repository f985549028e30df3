import { Code } from '@connectrpc/connect';
import {
  createPresenceClient,
  type DeniedChannel,
  type PresenceClient,
  type Session,
} from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeService, heartbeat, rejection, told } from './support/fake-service.js';
import { Sync } from '../src/generated/presence/v1/events_service_pb.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { jwt, tokenNumber } from './support/tokens.js';

const CHANNEL_DENIED = { code: 'permission-denied', reason: 'CHANNEL_NOT_GRANTED' };
const WATCH_ONLY = { code: 'permission-denied', reason: 'WATCH_ONLY_TOKEN' };

const expired = () => rejection(Code.Unauthenticated, 'TOKEN_EXPIRED');
const channelDenied = () => rejection(Code.PermissionDenied, 'CHANNEL_NOT_GRANTED');
const watchOnly = () => rejection(Code.PermissionDenied, 'WATCH_ONLY_TOKEN');

/** The choice of channels after a command with this version, as the service reports it. */
function channelsOf(version: bigint, ...held: string[]) {
  const channels = held.map((channelId) => ({ channelId, isHeld: true }));
  return { channel: { version, clearedVersion: 5n, channels } };
}

describe('A token that does not grant', () => {
  let timers: ManualTimers;
  let service: FakeService;
  let client: PresenceClient;
  let tokens: number;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    tokens = 0;
    client = clientWith(() => tokenNumber(++tokens));
  });
  afterEach(async () => {
    client.close();
    await settled();
    expect(timers.size).toBe(0);
  });

  function clientWith(token: () => string): PresenceClient {
    const { transport } = service;
    return createPresenceClient({ transport, token, timers, random: () => 1 });
  }

  async function online(): Promise<Session> {
    const session = client.connect();
    await session.ready;
    return session;
  }

  function deniedOf(session: Session): string[] {
    const denied: string[] = [];
    session.deniedChannels.subscribe(({ channelId, error }) =>
      denied.push(`${channelId}: ${error.reason}`),
    );
    return denied;
  }

  describe('a channel', () => {
    it('makes a join fail at once, without another attempt', async () => {
      const session = await online();
      service.failNext('joinChannel', channelDenied());
      const denied = expect(session.joinChannel('vault')).rejects.toMatchObject(CHANNEL_DENIED);
      const joined = session.joinChannel('lobby');
      await denied;
      await joined;
      expect(service.heard).toEqual(['joinChannel s1 vault', 'joinChannel s1 lobby']);
    });

    it('makes no session repeat a denied join after a reconnect', async () => {
      const session = await online();
      const denied = deniedOf(session);
      service.choices = channelsOf(7n, 'lobby');
      await session.joinChannel('lobby');
      service.failNext('joinChannel', channelDenied());
      await expect(session.joinChannel('vault', { keepOthers: true })).rejects.toMatchObject(
        CHANNEL_DENIED,
      );
      service.session.fail(expired());
      await timers.pass(1000);
      expect(session.state.value).toMatchObject({ status: 'online', sessionId: 's2' });
      expect(service.session.request.choices).toMatchObject(channelsOf(7n, 'lobby'));
      expect(service.heard).toHaveLength(2);
      expect(denied).toEqual([]);
    });

    it('makes a session drop the channel after a reconnect, and report it once', async () => {
      const session = await online();
      const denied = deniedOf(session);
      service.choices = channelsOf(7n, 'vault', 'lobby');
      await session.joinChannel('lobby', { keepOthers: true });
      service.choices = channelsOf(7n, 'lobby');
      service.session.fail(expired());
      await timers.pass(1000);
      expect(denied).toEqual(['vault: CHANNEL_NOT_GRANTED']);
      expect(session.channelIds).toEqual(['lobby']);
      expect(session.state.value.status).toBe('online');
      service.session.fail(expired());
      await timers.pass(1000);
      expect(service.session.request.choices).toMatchObject(channelsOf(7n, 'lobby'));
      expect(denied).toHaveLength(1);
      expect(service.heard).toEqual(['joinChannel s1 lobby too']);
    });

    it('makes a session report the channel also when it moves to a new token in time', async () => {
      client.close();
      const lives = [60_000, 1e6];
      client = clientWith(() => jwt(service.now() + lives.shift()!));
      const session = await online();
      const iterator = session.deniedChannels[Symbol.asyncIterator]();
      const first = iterator.next() as Promise<IteratorResult<DeniedChannel, void>>;
      service.choices = channelsOf(7n, 'vault');
      await session.joinChannel('vault');
      service.choices = channelsOf(7n);
      for (let i = 0; i < 2; i++) {
        await timers.pass(30_000);
        service.session.send(heartbeat);
      }
      expect((await first).value).toMatchObject({ channelId: 'vault', error: CHANNEL_DENIED });
      expect(session.channelIds).toEqual([]);
      const last = iterator.next();
      session.close();
      expect((await last).done).toBe(true);
    });

    it('is not the cause if the user left the channel on another device', async () => {
      const session = await online();
      const denied = deniedOf(session);
      service.choices = channelsOf(7n, 'vault', 'lobby');
      await session.joinChannel('lobby', { keepOthers: true });
      service.choices = channelsOf(8n, 'lobby');
      service.session.fail(expired());
      await timers.pass(1000);
      expect(session.channelIds).toEqual(['lobby']);
      expect(denied).toEqual([]);
    });
  });

  describe('a session', () => {
    it('is refused at once', async () => {
      service.failNext('connect', watchOnly());
      const session = client.connect();
      await expect(session.ready).rejects.toMatchObject(WATCH_ONLY);
      await timers.pass(60_000);
      expect(session.state.value).toMatchObject({
        status: 'closed',
        reason: 'permission-denied',
        error: WATCH_ONLY,
      });
      await expect(session.joinChannel('lobby')).rejects.toMatchObject(WATCH_ONLY);
      expect(tokens).toBe(1);
      expect(service.sessions).toEqual([]);
    });

    it('lets a session that is online stay until its old token expires, and asks only once', async () => {
      client.close();
      let connects = 0;
      const lives = [20_000, 1e6];
      client = clientWith(() => {
        connects++;
        return jwt(service.now() + lives.shift()!);
      });
      const session = await online();
      service.failNext('connect', ...Array.from({ length: 9 }, watchOnly));
      await timers.pass(40_000);
      expect(session.state.value).toMatchObject({ status: 'online', sessionId: 's1' });
      expect(service.failures.get('connect')).toHaveLength(8);
      service.session.fail(expired());
      await timers.pass(1000);
      expect(session.state.value).toMatchObject({ status: 'closed', error: WATCH_ONLY });
      expect(service.failures.get('connect')).toHaveLength(7);
      expect(connects).toBe(2);
    });
  });

  describe('the scope of a collection', () => {
    const follow: [what: string, reason: 'CHANNEL_NOT_GRANTED' | 'GROUP_NOT_GRANTED'][] = [
      ['a channel', 'CHANNEL_NOT_GRANTED'],
      ['a group', 'GROUP_NOT_GRANTED'],
    ];
    it.each(follow)('closes the collection for good: %s', async (_, reason) => {
      service.failNext('subscribe', rejection(Code.PermissionDenied, reason));
      const vault = client.watch({ channels: ['vault'] });
      await expect(vault.ready).rejects.toMatchObject({ code: 'permission-denied', reason });
      await timers.pass(600_000);
      expect(vault.state.value).toMatchObject({
        status: 'closed',
        reason: 'permission-denied',
        error: { reason, isRetryable: false },
      });
      expect(service.subscriptions).toEqual([]);
    });

    it('closes the collection also when it resumes with a new token', async () => {
      const vault = client.watch({ channels: ['vault'] });
      await settled();
      service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
      await vault.ready;
      service.failNext('subscribe', channelDenied(), channelDenied());
      service.subscription.fail(expired());
      await timers.pass(600_000);
      expect(vault.state.value).toMatchObject({ status: 'closed', error: CHANNEL_DENIED });
      expect(service.failures.get('subscribe')).toHaveLength(1);
    });

    it('closes the counts for good', async () => {
      service.failNext('watchCounts', channelDenied());
      const counts = client.watchCounts(['vault']);
      await expect(counts.ready).rejects.toMatchObject(CHANNEL_DENIED);
      await timers.pass(600_000);
      expect(counts.state.value).toMatchObject({ status: 'closed', reason: 'permission-denied' });
      expect(service.countStreams).toEqual([]);
    });
  });
});
