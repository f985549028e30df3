import { Code } from '@connectrpc/connect';
import {
  createPresenceClient,
  type PresenceClient,
  type PresenceClientOptions,
} from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { Sync, WatchCountsResponseSchema } from '../src/generated/presence/v1/events_service_pb.js';
import { FakeService, rejection, told } from './support/fake-service.js';
import { Gate } from './support/gate.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

describe('A client that is asked for a new token', () => {
  let timers: ManualTimers;
  let service: FakeService;
  let client: PresenceClient;
  let tokens: number;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    tokens = 0;
    client = clientWith({});
  });
  afterEach(async () => {
    client.close();
    await settled();
    expect(timers.size).toBe(0);
  });

  function clientWith(options: Partial<PresenceClientOptions>): PresenceClient {
    const { transport } = service;
    const token = () => tokenNumber(++tokens);
    return createPresenceClient({ transport, token, timers, random: () => 1, ...options });
  }

  const statesIn = ({
    state,
  }: {
    state: { subscribe(next: (s: { status: string }) => void): unknown };
  }) => {
    const states: string[] = [];
    state.subscribe(({ status }) => states.push(status));
    return states;
  };

  it('moves its session to the new token, without a gap', async () => {
    const session = client.connect();
    await session.ready;
    const states = statesIn(session);
    client.renewToken();
    await settled();
    expect(service.sessions.map(({ token }) => token)).toEqual([1, 2].map(tokenNumber));
    expect(service.session.request.previousSessionId).toBe('s1');
    expect(service.sessions.map(({ isOver }) => isOver)).toEqual([true, false]);
    expect(states).toEqual(['online', 'online']);
    client.renewToken();
    await settled();
    expect(session.sessionId).toBe('s3');
    expect(tokens).toBe(3);
  });

  it('resumes its collections with the new token, and they stay live', async () => {
    const lobby = client.watch({ channels: ['lobby'] });
    const counts = client.watchCounts();
    await settled();
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
    service.countStreams[0]!.send(create(WatchCountsResponseSchema, { counts: [{ total: 1 }] }));
    await Promise.all([lobby.ready, counts.ready]);
    const states = [statesIn(lobby), statesIn(counts)];
    client.renewToken();
    await timers.pass(250);
    expect(service.subscriptions.map(({ token }) => token)).toEqual([1, 2].map(tokenNumber));
    expect(service.countStreams.map(({ token }) => token)).toEqual([1, 2].map(tokenNumber));
    expect(service.subscription.request.resumeToken).toBe('t1');
    expect(service.subscriptions[0]!.isOver).toBe(true);
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    service.countStreams[1]!.send(create(WatchCountsResponseSchema, { counts: [{ total: 2 }] }));
    await timers.pass(10_000);
    expect(states).toEqual([['live'], ['live']]);
    expect(tokens).toBe(2);
  });

  it('uses the new token for its next calls', async () => {
    await client.get('ann');
    client.renewToken();
    client.renewToken();
    await client.get('ann');
    expect(service.heard).toEqual([1, 2].map((number) => `getPresence ${tokenNumber(number)}`));
  });

  it('does not use a token that it requested before', async () => {
    client.close();
    const answers: ((token: string) => void)[] = [];
    client = clientWith({ token: () => new Promise((resolve) => answers.push(resolve)) });
    const session = client.connect();
    const called = client.get('ann');
    await settled();
    client.renewToken();
    answers[0]!(tokenNumber(1));
    await settled();
    expect(service.sessions).toEqual([]);
    answers[1]!(tokenNumber(2));
    await Promise.all([called, session.ready]);
    expect(service.session.token).toBe(tokenNumber(2));
    expect(service.heard).toEqual([`getPresence ${tokenNumber(2)}`]);
    expect(answers).toHaveLength(2);
  });

  it('moves a session and a collection that begin with the old token meanwhile', async () => {
    client.close();
    const gate = new Gate();
    client = clientWith({ transport: gate.before(service.transport) });
    gate.shut();
    const session = client.connect();
    const lobby = client.watch();
    await settled();
    client.renewToken();
    gate.open();
    await session.ready;
    await settled();
    service.subscription.send(told({ sync: Sync.CURRENT }));
    await timers.pass(250);
    expect(service.sessions.map(({ token }) => token)).toEqual([1, 2].map(tokenNumber));
    expect(service.subscriptions.map(({ token }) => token)).toEqual([1, 2].map(tokenNumber));
    service.subscription.send(told({ sync: Sync.CURRENT }));
    await lobby.ready;
  });

  it('stays online with the old token while there is no other', async () => {
    const session = client.connect();
    await session.ready;
    service.failNext('connect', rejection(Code.Unavailable, 'NODE_FULL'));
    client.renewToken();
    await settled();
    expect(session.sessionId).toBe('s1');
    expect(service.session.isOver).toBe(false);
    await timers.pass(250);
    expect(session.sessionId).toBe('s2');
  });

  it('can watch a channel that its old token did not grant', async () => {
    service.failNext('subscribe', rejection(Code.PermissionDenied, 'CHANNEL_NOT_GRANTED'));
    await expect(client.watch({ channels: ['vault'] }).ready).rejects.toThrow();
    client.renewToken();
    const vault = client.watch({ channels: ['vault'] });
    await settled();
    service.subscription.send(told({ sync: Sync.CURRENT }));
    await vault.ready;
    expect(service.subscription.token).toBe(tokenNumber(2));
  });

  it('keeps a fixed token', async () => {
    client.close();
    client = clientWith({ token: tokenNumber(7) });
    const session = client.connect();
    await session.ready;
    client.renewToken();
    await timers.pass(10_000);
    expect(service.sessions).toHaveLength(1);
    expect(session.state.value.status).toBe('online');
  });
});
