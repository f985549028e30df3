import { Code } from '@connectrpc/connect';
import {
  createPresenceClient,
  type PresenceClient,
  type PresenceClientOptions,
} from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sync } from '../src/generated/presence/v1/events_service_pb.js';
import { FakeService, rejection, revoked, told } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { jwt, tokenNumber } from './support/tokens.js';

/** Longer than the pause after a revocation and the pauses between attempts. */
const LONG_ENOUGH_MS = 2500;

const REVOKED = { code: 'unauthenticated', reason: 'TOKEN_REVOKED', isRetryable: false };

describe('After its token was revoked', () => {
  let timers: ManualTimers;
  let service: FakeService;
  /** The times of the token requests, in milliseconds since the start of the test. */
  let asked: number[];
  let client: PresenceClient;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    asked = [];
    client = clientWith();
  });
  afterEach(async () => {
    client.close();
    await settled();
    expect(timers.size).toBe(0);
  });

  function clientWith(options: Partial<PresenceClientOptions> = {}): PresenceClient {
    const startedAt = timers.now();
    return createPresenceClient({
      transport: service.transport,
      token: () => {
        asked.push(timers.now() - startedAt);
        return tokenNumber(asked.length);
      },
      timers,
      random: () => 1,
      ...options,
    });
  }

  it('a session continues with a token that was requested more than a second later', async () => {
    const session = client.connect();
    await session.ready;
    service.session.fail(revoked());
    await settled();
    expect(session.state.value).toMatchObject({
      status: 'reconnecting',
      error: REVOKED,
      retryInMs: 1500,
    });
    await timers.pass(1000);
    expect(asked).toEqual([0]);
    await timers.pass(500);
    expect(asked).toEqual([0, 1500]);
    expect(session.state.value).toMatchObject({ status: 'online', sessionId: 's2' });
    expect(service.session.token).toBe(tokenNumber(2));
  });

  it('a call continues with a token that was requested more than a second later', async () => {
    service.failNext('getPresence', revoked());
    const called = client.get('ann');
    await timers.pass(1499);
    expect(service.heard).toEqual([`getPresence ${tokenNumber(1)}`]);
    await timers.pass(1);
    await called;
    expect(service.heard.slice(1)).toEqual([`getPresence ${tokenNumber(2)}`]);
  });

  it('a collection is stale at once, and resumes', async () => {
    const lobby = client.watch({ channels: ['lobby'] });
    await settled();
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
    await lobby.ready;
    service.subscription.fail(revoked());
    await settled();
    expect(lobby.state.value).toMatchObject({ status: 'stale', error: REVOKED });
    await timers.pass(1500);
    expect(service.subscription.request.resumeToken).toBe('t1');
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    expect(lobby.state.value.status).toBe('live');
  });

  it('sessions, collections and counts ask for one token, and are closed if that is revoked, too', async () => {
    const session = client.connect();
    const lobby = client.watch({ channels: ['lobby'] });
    const counts = client.watchCounts();
    await session.ready;
    await settled();
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
    await lobby.ready;
    for (const method of ['connect', 'subscribe', 'watchCounts', 'getPresence']) {
      service.failNext(method, ...Array.from({ length: 20 }, revoked));
    }
    for (const stream of [service.session, service.subscription, service.countStreams[0]!]) {
      stream.fail(revoked());
    }
    await timers.pass(LONG_ENOUGH_MS);
    for (const { state } of [session, lobby, counts]) {
      expect(state.value).toMatchObject({
        status: 'closed',
        reason: 'unauthenticated',
        error: REVOKED,
      });
    }
    await timers.pass(600_000);
    expect(asked).toEqual([0, 1500]);
    expect(service.sessions).toHaveLength(1);
    expect(service.subscriptions).toHaveLength(1);
    await expect(client.get('ann')).rejects.toMatchObject(REVOKED);
    await expect(session.joinChannel('lobby')).rejects.toMatchObject(REVOKED);
    await expect(client.connect().ready).rejects.toMatchObject(REVOKED);
    expect(service.heard).toEqual([]);
    expect(asked).toHaveLength(2);
  });

  it('a call fails if the new token is revoked, too, and nothing asks for a third one', async () => {
    service.failNext('getPresence', revoked(), revoked(), revoked());
    const failed = expect(client.get('ann')).rejects.toMatchObject(REVOKED);
    await timers.pass(LONG_ENOUGH_MS);
    await failed;
    await expect(client.get('bob')).rejects.toMatchObject(REVOKED);
    expect(asked).toEqual([0, 1500]);
    expect(service.heard).toHaveLength(2);
  });

  it('a new token that worked for a while can be revoked as well', async () => {
    const session = client.connect();
    await session.ready;
    for (const expected of ['s2', 's3', 's4']) {
      await timers.pass(20_000);
      service.session.fail(revoked());
      await timers.pass(LONG_ENOUGH_MS);
      expect(session.state.value).toMatchObject({ status: 'online', sessionId: expected });
    }
    expect(asked).toHaveLength(4);
  });

  it('a late error about the revoked token does not count against the new one', async () => {
    const session = client.connect();
    const lobby = client.watch({ channels: ['lobby'] });
    await session.ready;
    await settled();
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
    await lobby.ready;
    service.session.fail(revoked());
    // The new token is there, but no call has used it yet.
    service.failNext('connect', rejection(Code.Unavailable, 'DRAINING'));
    await timers.pass(1500);
    expect(asked).toHaveLength(2);
    service.subscription.fail(revoked());
    await timers.pass(LONG_ENOUGH_MS);
    expect(session.state.value.status).toBe('online');
    expect(service.subscriptions.map(({ token }) => token)).toEqual([1, 2].map(tokenNumber));
    expect(asked).toHaveLength(2);
  });

  it('a token that was requested before the revocation may be revoked once more', async () => {
    client.close();
    const lives = [10_000, 20_000, 1e6];
    client = clientWith({
      token: () => {
        asked.push(timers.now());
        return jwt(service.now() + lives.shift()!);
      },
    });
    const session = client.connect();
    await session.ready;
    // The session asks for its next token before the old one expires. Both were issued before the revocation.
    service.failNext('connect', revoked());
    await timers.pass(9000);
    expect(asked).toHaveLength(2);
    await timers.pass(LONG_ENOUGH_MS);
    expect(asked).toHaveLength(3);
    expect(session.state.value).toMatchObject({ status: 'online', sessionId: 's2' });
  });

  it('a client with a fixed token stops at once', async () => {
    client.close();
    client = clientWith({ token: tokenNumber(1) });
    const session = client.connect();
    await session.ready;
    service.session.fail(revoked());
    await settled();
    expect(session.state.value).toMatchObject({ status: 'closed', error: REVOKED });
    await expect(client.get('ann')).rejects.toMatchObject(REVOKED);
    expect(service.heard).toEqual([]);
  });

  it('a call that has less time than the pause says why it timed out', async () => {
    client.close();
    client = clientWith({ timeoutMs: 1000 });
    service.failNext('getPresence', revoked());
    const failed = expect(client.get('ann')).rejects.toMatchObject({
      code: 'timeout',
      message: 'no response within 1000 ms: rejected: TOKEN_REVOKED',
    });
    await timers.pass(1000);
    await failed;
    await timers.pass(LONG_ENOUGH_MS);
    await client.get('ann');
  });
});
