import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { connect, disconnect, join, mute, nodeLost, time } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { partitionOf, Keys } from './keys.js';
import type { RedisStoreOptions } from './redis-store-options.js';

// This test causes faults deliberately.
Logger.overrideLogger(false);

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.stop());

const PREFIX = 'nodes:';

const KEYS = new Keys(PREFIX);

function startNode(options: Partial<RedisStoreOptions> = {}): Promise<StoreNode> {
  return StoreNode.start(server.url, PREFIX, options);
}

describe('Several nodes', () => {
  let a: StoreNode;
  let b: StoreNode;
  beforeEach(async () => {
    await server.with((redis) => redis.flushall());
    a = await startNode();
    b = await startNode();
  });
  afterEach(() => Promise.all([a.stop(), b.stop()]));

  it('see on every node what any node acknowledged', async () => {
    await a.connect('alice', 'a');
    expect(await b.status('alice')).toBe('ONLINE');
    await b.perform('alice', join('a', 'lobby'));
    await a.store.view.awaitCurrent();
    expect(a.store.view.presence('alice').channelId).toBe('lobby');
    const eventLines = ['alice USER_ONLINE CONNECTED', 'alice USER_CHANNEL_CHANGED REQUESTED'];
    expect([a.eventLines, b.eventLines]).toEqual([eventLines, eventLines]);
  });

  it('accept a command that depends on one that another node has just acknowledged', async () => {
    for (let i = 0; i < 20; i++) {
      await a.connect('alice', `a${i}`);
      await b.perform('alice', disconnect(`a${i}`));
    }
    expect(await a.status('alice')).toBe('OFFLINE');
  });

  it('lose no command when they race for a user', async () => {
    await a.connect('alice', 'a');
    const flips = Array.from({ length: 40 }, (_, i) =>
      (i % 2 === 0 ? a : b).perform('alice', join('a', `channel-${i}`)),
    );
    await Promise.all(flips);
    await Promise.all([a.store.view.awaitCurrent(), b.store.view.awaitCurrent()]);
    expect(a.eventLines).toHaveLength(41);
    expect(b.eventLines).toHaveLength(41);
    expect(a.store.view.presence('alice')).toEqual(b.store.view.presence('alice'));
  });

  it('notify a session of its end on whichever node it was ended', async () => {
    await a.connect('alice', 'a');
    await b.perform('alice', disconnect('a', 'SESSION_ENDED'));
    await eventually(() => a.ended, ['a']);
  });

  it('find the owner of a session on any node', async () => {
    await a.connect('alice', 'a');
    expect((await b.store.get({ sessionId: 'a' }))?.userId).toBe('alice');
    expect((await b.store.get({ sessionId: 'x' }))?.userId).toBeUndefined();
  });

  it('process a deadline on one node only', async () => {
    await a.connect('alice', 'a');
    await b.store.view.awaitCurrent();
    // Waits until the nodes know each other.
    await eventually(async () => {
      const due = await Promise.all(
        [a, b].map(({ store }) => store.claimDue(Date.now() + 99_999, 10)),
      );
      await Promise.all([a, b].map((node) => node.perform('alice', time)));
      return due.flat();
    }, ['alice']);
  });

  it('know the state and its history when they start late', async () => {
    await a.connect('alice', 'a');
    await a.perform('alice', mute('a', { speaker: true }));
    const c = await startNode();
    expect(c.store.view.presence('alice')).toEqual(a.store.view.presence('alice'));
    expect(c.eventLines).toEqual(a.eventLines);
    expect(c.log.find(a.log.tokenFor(a.log.head))).toMatchObject({ start: c.log.head });
    await c.stop();
  });

  it('fill the gap when messages do not get through', async () => {
    await a.connect('alice', 'a');
    await b.store.view.awaitCurrent();
    await server.with((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    await a.perform('alice', join('a', 'lobby'));
    expect(await b.status('alice')).toBe('ONLINE');
    expect(b.store.view.presence('alice').channelId).toBe('lobby');
  });

  it('continue after Redis has lost its scripts', async () => {
    await a.connect('alice', 'a');
    await server.with((redis) => redis.script('FLUSH'));
    await a.perform('alice', join('a', 'lobby'));
    expect(await b.status('alice')).toBe('ONLINE');
  });

  describe('whose Redis has been emptied', () => {
    it('write everything back without an event', async () => {
      await a.connect('alice', 'a');
      await b.connect('bob', 'b');
      await b.perform('carol', connect('c', { node: b.store.status.node }));
      await b.perform('carol', disconnect('c'));
      await Promise.all([a.store.view.awaitCurrent(), b.store.view.awaitCurrent()]);
      const eventLines = [...a.eventLines];
      await server.with((redis) => redis.flushall());
      await eventually(() => storedUsers(), ['alice', 'bob', 'carol']);
      const late = await startNode();
      const statuses = ['alice', 'bob', 'carol'].map(
        (userId) => late.store.view.presence(userId).status,
      );
      expect(statuses).toEqual(['ONLINE', 'ONLINE', 'OFFLINE']);
      expect([a.eventLines, b.eventLines]).toEqual([
        eventLines,
        expect.arrayContaining(eventLines),
      ]);
      expect(b.eventLines).toHaveLength(eventLines.length);
      await late.stop();
    });

    it('accept the next command as before', async () => {
      await a.connect('alice', 'a');
      await server.with((redis) => redis.flushall());
      await a.perform('alice', join('a', 'lobby'));
      expect(a.eventLines.at(-1)).toBe('alice USER_CHANNEL_CHANGED REQUESTED');
      // Node b learns of the change by a resync, so it does not know the reason.
      await eventually(() => b.eventLines.at(-1), 'alice USER_CHANNEL_CHANGED UNKNOWN');
      expect(b.eventLines).toHaveLength(2);
    });
  });

  it('keep acknowledged commands when Redis returns to an older state', async () => {
    await a.connect('alice', 'a');
    const restore = await server.remember(`${PREFIX}*`);
    await a.perform('alice', join('a', 'lobby'));
    await b.store.view.awaitCurrent();
    await restore();
    await b.store.view.awaitCurrent();
    await eventually(async () => (await storedRecord('alice'))?.includes('lobby'), true);
    expect(a.store.view.presence('alice').channelId).toBe('lobby');
    expect(b.store.view.presence('alice').channelId).toBe('lobby');
    expect(a.eventLines).toHaveLength(2);
    expect(b.eventLines).toHaveLength(2);
  });

  it('detect another log with the same offsets', async () => {
    await a.connect('alice', 'a');
    const restore = await server.remember(`${PREFIX}*`);
    await a.perform('alice', join('a', 'lobby'));
    await b.store.view.awaitCurrent();
    await b.stop();
    await restore();
    const fresh = await startNode();
    b = fresh;
    await b.perform('alice', mute('a', { speaker: true }));
    await a.store.view.awaitCurrent();
    const seen = a.store.view.presence('alice');
    // Redis lost the join together with its log. It is written back, and the later command is kept as well.
    expect(seen).toMatchObject({ isSpeakerMuted: true, channelId: 'lobby' });
    await eventually(() => b.store.view.presence('alice').channelId, 'lobby');
    expect(b.store.view.presence('alice')).toEqual(seen);
  });

  it('are fenced once they are declared dead, and continue with a new node id', async () => {
    await a.connect('alice', 'a');
    const name = a.store.status.node;
    await declareDead(name);
    await a.perform('alice', join('a', 'lobby'));
    expect(a.store.status.node).not.toBe(name);
    await eventually(
      async () => (await storedRecord('alice'))?.includes(a.store.status.node),
      true,
    );
    expect(await b.status('alice')).toBe('ONLINE');
    expect(a.ended).toEqual([]);
  });

  it('learn which of their sessions the others ended, after they were declared dead', async () => {
    await a.connect('alice', 'a');
    const name = a.store.status.node;
    await declareDead(name);
    await b.perform('alice', nodeLost(name));
    await eventually(() => a.ended, ['a']);
    expect(a.eventLines.at(-1)).toBe('alice USER_OFFLINE NODE_LOST');
  });

  it('leave nothing behind after a graceful shutdown', async () => {
    const c = await startNode();
    await c.connect('carol', 'c');
    await c.perform('carol', disconnect('c'));
    await c.stop();
    const known = await server.with((redis) =>
      Promise.all(KEYS.partitions.map(({ nodes }) => redis.hkeys(nodes))),
    );
    expect(known.flat()).not.toContain(c.store.status.node);
  });

  it('reject reads and commands in time if Redis does not respond', async () => {
    await a.connect('alice', 'a');
    const c = await startNode({ timeoutMs: 100 });
    server.signal('SIGSTOP');
    try {
      const refused = { reason: 'STORE_UNAVAILABLE' };
      await expect(c.store.view.awaitCurrent()).rejects.toMatchObject(refused);
      await expect(c.store.get({ userId: 'alice' })).rejects.toMatchObject(refused);
      await expect(c.perform('alice', join('a', 'lobby'))).rejects.toMatchObject(refused);
      await expect(c.perform('alice', disconnect('x'))).rejects.toMatchObject(refused);
    } finally {
      server.signal('SIGCONT');
      await c.stop();
    }
    await eventually(() => a.status('alice').catch(() => 'unknown'), 'ONLINE');
  });

  it('receive messages again after the subscriber connection was lost', async () => {
    await server.with((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    await eventually(async () => (await subscribers()) > 0, true);
    await a.connect('alice', 'a');
    await eventually(() => b.eventLines, ['alice USER_ONLINE CONNECTED']);
    expect(b.store.status.metrics().gapsFilled).toBe(0);
  });

  it('lose their sessions when they die', async () => {
    await a.connect('alice', 'a');
    await a.connect('bob', 'b1');
    await b.connect('bob', 'b2');
    // The node stops without notice.
    await a.stop();
    await eventually(() => b.eventLines.at(-1), 'alice USER_OFFLINE NODE_LOST');
    expect(await b.status('bob')).toBe('ONLINE');
    expect(b.eventLines.filter((line) => line.startsWith('bob USER_OFFLINE'))).toEqual([]);
  });
});

/** Fences a node, as the first step of a janitor. */
async function declareDead(name: string): Promise<void> {
  await server.with((redis) =>
    Promise.all(KEYS.partitions.map(({ nodes }) => redis.hset(nodes, name, `X${Date.now()}`))),
  );
}

/** The number of subscribers on the channel of each partition. */
async function subscribers(): Promise<number> {
  const channels = KEYS.partitions.map(({ channel }) => channel);
  const counts = await server.with(
    (redis) => redis.call('PUBSUB', 'SHARDNUMSUB', ...channels) as Promise<(string | number)[]>,
  );
  return Math.min(...counts.filter((_, i) => i % 2 === 1).map(Number)) - 1;
}

async function storedUsers(): Promise<string[]> {
  return server.with(async (redis) => {
    const all = await Promise.all(KEYS.partitions.map(({ users }) => redis.hkeys(users)));
    return all.flat().sort();
  });
}

async function storedRecord(userId: string): Promise<string | null> {
  const { users } = KEYS.partitions[partitionOf(userId)]!;
  return server.with((redis) => redis.hget(users, userId));
}
