import type { ConsumeOptions, Consumer, EventBatch, Session } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FixedLimits } from '../../src/config/fixed-limits.js';
import { eventually } from '../../test/support/eventually.js';
import { Service, tokenOf } from '../../test/support/service.js';
import { Clients, letShortTokensExpire, shortToken } from './support/clients.js';
import { until, untilStatus } from './support/observed.js';
import { PROTOCOLS } from './support/protocols.js';

describe.each(PROTOCOLS)('A consumer over $name', (protocol) => {
  let service: Service;
  let clients: Clients;
  let stored: string | undefined;
  let batches: EventBatch[];
  beforeEach(async () => {
    clients = new Clients(protocol);
    stored = undefined;
    batches = [];
    await start();
  });
  afterEach(async () => {
    clients.close();
    await service.stop();
  });

  async function start(fixed: Partial<FixedLimits> = {}): Promise<void> {
    service = await Service.start(protocol.settings, { fixed });
  }

  function consume(options: Partial<ConsumeOptions> = {}, client = clients.of(service, 'backend')) {
    return client.consume({
      position: { load: () => stored, save: (position) => void (stored = position) },
      onEvents: (batch) => void batches.push(batch),
      ...options,
    });
  }

  async function live(...args: Parameters<typeof consume>): Promise<Consumer> {
    const consumer = consume(...args);
    await untilStatus(consumer.state, 'live');
    return consumer;
  }

  async function online(userId: string): Promise<Session> {
    const session = clients.of(service, userId).connect();
    await session.ready;
    return session;
  }

  const lines = (): string[] =>
    batches.flatMap(({ reset, events }) => [
      ...(reset ? [`${reset.reason}: ${reset.presences.map(({ userId }) => userId).join()}`] : []),
      ...events.map(({ userId, kind, presence }) => `${userId} ${kind} ${presence.status}`),
    ]);

  it('hands over the state, then each event of its users, channels and kinds', async () => {
    const ann = await online('ann');
    await ann.joinChannel('lobby');
    const kinds = ['channel-changed', 'offline'] as const;
    await live({ users: ['bob'], channels: ['lobby'], kinds });
    const bob = await online('bob');
    await bob.joinChannel('garden');
    await ann.setStatus('away');
    await ann.leaveChannel();
    await ann.joinChannel('attic');
    bob.close();
    await eventually(() => lines().length, 5);
    expect(lines()).toEqual([
      'first-start: bob,ann',
      'bob channel-changed online',
      'ann channel-changed away',
      // Both events of the last commit have the presence after it.
      'bob channel-changed offline',
      'bob offline offline',
    ]);
  });

  it('hands over what happened while it was stopped, and nothing twice', async () => {
    const ann = await online('ann');
    const consumer = await live({ users: ['ann'] });
    await ann.setStatus('away');
    await eventually(() => lines().length, 2);
    await consumer.stop();
    await ann.setStatus('do-not-disturb');
    await ann.mute({ microphone: true });
    await live({ users: ['ann'] });
    expect(lines()).toEqual([
      'first-start: ann',
      'ann status-changed away',
      'ann status-changed do-not-disturb',
      'ann mute-changed do-not-disturb',
    ]);
  });

  it('hands over the state again if the log does not reach back to its position', async () => {
    await service.stop();
    await start({ eventLogSize: 2 });
    const ann = await online('ann');
    const consumer = await live({ channels: ['lobby'] });
    await consumer.stop();
    for (const channelId of ['garden', 'attic', 'lobby']) await ann.joinChannel(channelId);
    await live({ channels: ['lobby'] });
    expect(lines()).toEqual(['first-start: ', 'position-lost: ann']);
  });

  it('receives every event once and in order, although the program is slow', async () => {
    const ann = await online('ann');
    let release = (): void => {};
    const handled: string[] = [];
    let batchCount = 0;
    await live({
      users: ['ann'],
      kinds: ['status-changed'],
      onEvents: async ({ events }) => {
        handled.push(...events.map(({ presence }) => presence.statusText));
        if (++batchCount === 2) await new Promise<void>((resolve) => (release = resolve));
      },
    });
    const texts = Array.from({ length: 200 }, (_, i) => `${i}`);
    await Promise.all(texts.map((text) => ann.setStatus('away', { text })));
    await eventually(() => batchCount, 2);
    release();
    await eventually(() => handled, texts);
  });

  it('continues with a new token when the old one has expired, and stays live', async () => {
    let asked = 0;
    const token = () => (++asked === 1 ? shortToken(service, 'backend') : tokenOf('backend'));
    const consumer = await live({ users: ['ann'] }, clients.of(service, 'backend', { token }));
    const states: string[] = [];
    consumer.state.subscribe(({ status }) => states.push(status));
    await letShortTokensExpire(service);
    await eventually(() => asked, 2);
    await online('ann');
    await eventually(() => lines().length, 2);
    expect(lines()).toEqual(['first-start: ann', 'ann online online']);
    expect(states).toEqual(['live']);
  });

  it('ends with the reason if the token does not grant the channel', async () => {
    await service.stop();
    service = await Service.start({ ...protocol.settings, CHANNEL_ACCESS: 'granted' });
    const consumer = consume({ channels: ['lobby'] });
    await until(consumer.state, ({ status }) => status === 'closed');
    await expect(consumer.done).rejects.toMatchObject({ reason: 'CHANNEL_NOT_GRANTED' });
    expect(batches).toEqual([]);
  });
});
