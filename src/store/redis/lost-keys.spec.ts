import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { disconnect, join } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { Keys, partitionOf } from './keys.js';

// This test causes faults deliberately.
Logger.overrideLogger(false);

const PREFIX = 'nodes:';
const KEYS = new Keys(PREFIX);

/** The partition of ann, and another user in it. */
const PARTITION = KEYS.partitions[partitionOf('ann')]!;
const NEIGHBOUR = Array.from({ length: 200 }, (_, i) => `user ${i}`).find(
  (userId) => partitionOf(userId) === partitionOf('ann'),
)!;

let server: RedisServer;
let a: StoreNode;
let b: StoreNode;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.stop());
beforeEach(async () => {
  await server.with((redis) => redis.flushall());
  a = await StoreNode.start(server.url, PREFIX, { watchServerEveryMs: 50 });
  b = await StoreNode.start(server.url, PREFIX, { watchServerEveryMs: 50 });
  await a.connect('ann', 'a');
  await b.connect(NEIGHBOUR, 'b');
  await a.perform('ann', join('a', 'lobby'));
  await Promise.all([a.store.view.awaitCurrent(), b.store.view.awaitCurrent()]);
});
afterEach(() => Promise.all([a.stop(), b.stop()]));

/** Deletes a single key without notice, as an eviction does. */
async function lose(key: string): Promise<void> {
  expect(await server.with((redis) => redis.del(key))).toBe(1);
}

function lostKeys(key: string): number {
  return [a, b].reduce((sum, { store }) => sum + store.status.metrics().keysLost[key]!, 0);
}

function usersWrittenBack(): number {
  return [a, b].reduce((sum, { store }) => sum + store.status.metrics().writtenBack, 0);
}

async function storedUsers(): Promise<string[]> {
  return (await server.with((redis) => redis.hkeys(PARTITION.users))).sort();
}

describe('Nodes whose Redis has lost one key', () => {
  it('write the users back without any request for them', async () => {
    const eventLines = [...b.eventLines];
    await lose(PARTITION.users);
    await eventually(storedUsers, ['ann', NEIGHBOUR].sort());
    expect(lostKeys('users')).toBeGreaterThan(0);
    // A node counts them when Redis has replied, which is after they can be read there.
    await eventually(() => usersWrittenBack() >= 2, true);
    expect(b.eventLines).toEqual(eventLines);
  });

  it('accept commands of users whose record is lost', async () => {
    await lose(PARTITION.users);
    await b.perform('ann', join('a', 'kitchen'));
    await a.perform(NEIGHBOUR, disconnect('b'));
    await eventually(() => a.status(NEIGHBOUR), 'OFFLINE');
    expect(await b.status(NEIGHBOUR)).toBe('OFFLINE');
    expect(a.store.view.presence('ann').channelId).toBe('kitchen');
  });

  it('write a single user back', async () => {
    await server.with((redis) => redis.hdel(PARTITION.users, 'ann'));
    await eventually(storedUsers, ['ann', NEIGHBOUR].sort());
  });

  it('accept a command of a user whose record was replaced by an older one', async () => {
    await server.with((redis) => redis.hset(PARTITION.users, 'ann', '1.x|[]'));
    await b.perform('ann', join('a', 'kitchen'));
    await a.store.view.awaitCurrent();
    expect(a.store.view.presence('ann').channelId).toBe('kitchen');
  });

  it('begin a new log when its head is lost', async () => {
    await lose(PARTITION.head);
    await a.perform('ann', join('a', 'kitchen'));
    await b.store.view.awaitCurrent();
    expect(b.store.view.presence('ann').channelId).toBe('kitchen');
    await b.perform(NEIGHBOUR, join('b', 'kitchen'));
    expect(lostKeys('head')).toBeGreaterThan(0);
  });

  it('find a lost head without any request', async () => {
    await lose(PARTITION.head);
    await eventually(() => server.with((redis) => redis.exists(PARTITION.head)), 1);
  });

  it('register again when the states of nodes are lost', async () => {
    await lose(PARTITION.nodes);
    const known = (): Promise<number> => server.with((redis) => redis.hlen(PARTITION.nodes));
    await eventually(known, 2);
    expect(lostKeys('nodes')).toBeGreaterThan(0);
    await a.perform('ann', join('a', 'kitchen'));
  });

  it('notice that the log is lost, and continue with a new one', async () => {
    await lose(PARTITION.log);
    await eventually(() => lostKeys('log'), 2);
    await a.perform('ann', join('a', 'kitchen'));
    await b.store.view.awaitCurrent();
    expect(b.store.view.presence('ann').channelId).toBe('kitchen');
  });

  it('continue when all keys of a partition except the log are lost', async () => {
    await server.with((redis) => redis.del(PARTITION.head, PARTITION.nodes, PARTITION.users));
    await a.perform('ann', join('a', 'kitchen'));
    await eventually(storedUsers, ['ann', NEIGHBOUR].sort());
  });

  it('increment their counters again without declaring any node dead', async () => {
    await lose(KEYS.beats);
    await eventually(() => lostKeys('heartbeats') > 0, true);
    await eventually(() => server.with((redis) => redis.hlen(KEYS.beats)), 2);
    expect([a.store.status.metrics().fenced, b.store.status.metrics().fenced]).toEqual([0, 0]);
  });

  it('give it back the secret of tokens', async () => {
    const secret = a.sealingKeys.current;
    await lose(KEYS.sealingSecret);
    const stored = (): Promise<string | null> =>
      server.with((redis) => redis.get(KEYS.sealingSecret));
    await eventually(stored, secret);
    await eventually(() => lostKeys('sealing_secret') > 0, true);
  });

  it('load everything anew that a node which starts then needs', async () => {
    for (const key of [PARTITION.users, PARTITION.log, PARTITION.nodes, PARTITION.head]) {
      await lose(key);
      await eventually(storedUsers, ['ann', NEIGHBOUR].sort());
      const late = await StoreNode.start(server.url, PREFIX);
      expect([await late.status('ann'), await late.status(NEIGHBOUR)]).toEqual([
        'ONLINE',
        'ONLINE',
      ]);
      await late.stop();
    }
  });
});

describe('Nodes whose Redis evicts keys from now on', () => {
  afterEach(() => server.with((redis) => redis.config('SET', 'maxmemory-policy', 'noeviction')));

  it('are not ready until Redis evicts no keys', async () => {
    await server.with((redis) => redis.config('SET', 'maxmemory-policy', 'allkeys-lru'));
    const says = (): boolean => /maxmemory-policy allkeys-lru/.test(a.store.status.problem ?? '');
    await eventually(says, true);
    await a.perform('ann', join('a', 'kitchen'));
    await server.with((redis) => redis.config('SET', 'maxmemory-policy', 'noeviction'));
    await eventually(() => a.store.status.problem, undefined);
  });

  it('check the policy at once when a key is missing, and not only at the next interval', async () => {
    const late = await StoreNode.start(server.url, PREFIX, { watchServerEveryMs: 3_600_000 });
    await server.with((redis) => redis.config('SET', 'maxmemory-policy', 'volatile-ttl'));
    // Another node may write the key back before this one has noticed.
    const loses = async (): Promise<boolean> => {
      await server.with((redis) => redis.del(PARTITION.users));
      return /volatile-ttl/.test(late.store.status.problem ?? '');
    };
    await eventually(loses, true);
    await late.stop();
  });
});
