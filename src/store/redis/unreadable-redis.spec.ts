import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { join } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { newRedisStore, StoreNode } from '../../../test/support/store-node.js';
import { Keys, partitionOf } from './keys.js';

const PREFIX = 'nodes:';
const KEYS = new Keys(PREFIX);
const PARTITION = KEYS.partitions[partitionOf('ann')]!;
const warnings: string[] = [];
let server: RedisServer;
const nodes: StoreNode[] = [];
beforeAll(async () => {
  server = await RedisServer.start();
  Logger.overrideLogger({
    log: () => {},
    error: () => {},
    warn: (line: string) => warnings.push(line),
  });
});
afterAll(() => server.stop());
beforeEach(async () => {
  warnings.length = 0;
  await server.with((redis) => redis.flushall());
});
afterEach(async () => void (await Promise.all(nodes.splice(0).map((node) => node.stop()))));

async function startNode(): Promise<StoreNode> {
  const node = await StoreNode.start(server.url, PREFIX, { watchServerEveryMs: 50 });
  nodes.push(node);
  return node;
}

/** Leaves the data of a service whose nodes have stopped. */
async function leaveUsers(...userIds: readonly string[]): Promise<void> {
  const node = await startNode();
  for (const userId of userIds) await node.connect(userId, `session of ${userId}`);
  await nodes.pop()!.stop();
}

const RECORDS: readonly (readonly [name: string, change: (stored: string) => string])[] = [
  ['garbage', () => 'garbage'],
  ['nothing', () => ''],
  ['bytes that are no text', () => '5.x|\u0000\ufffd{'],
  ['a record that was cut off', (stored) => stored.slice(0, stored.length - 7)],
  ['a record of another format', (stored) => `${stored.split('|')[0]}|{"version":2,"sessions":{}}`],
  ['fields of other types', (stored) => stored.replace('"ONLINE"', '{"status":1}')],
  ['a status of the future', (stored) => stored.replaceAll('"ONLINE"', '"ON_A_WALK"')],
  ['no fields at all', (stored) => `${stored.split('|')[0]}|[]`],
  ['a number', (stored) => `${stored.split('|')[0]}|7`],
];

describe('A node that starts', () => {
  it.each(RECORDS)('continues without a user of whom it finds %s', async (_, change) => {
    await leaveUsers('ann', 'bob');
    await server.with(async (redis) => {
      const stored = await redis.hget(PARTITION.users, 'ann');
      await redis.hset(PARTITION.users, 'ann', change(stored!));
    });
    const node = await startNode();
    expect(await node.status('bob')).toBe('ONLINE');
    expect(await node.status('ann')).toBe('OFFLINE');
    expect(node.store.status.metrics().unreadableUsers).toBe(1);
    expect(warnings.filter((line) => line.includes(PARTITION.users))).toHaveLength(1);
    expect(warnings.join()).not.toMatch(/\bann\b|garbage|WALK/);
    // A user who connects again starts with a new record.
    await node.connect('ann', 's');
    expect(await node.status('ann')).toBe('ONLINE');
    expect(node.store.status.metrics().unreadableUsers).toBe(0);
    const other = await startNode();
    expect(await other.status('ann')).toBe('ONLINE');
  });

  it.each([...KEYS.types].slice(0, 6))('ends with a sentence where %s is no %s', async (key) => {
    const wrong = key.endsWith(':log') ? 'hash' : 'list';
    await server.with((redis) =>
      wrong === 'list' ? redis.rpush(key, 'x') : redis.hset(key, 'x', 'y'),
    );
    const store = newRedisStore(server.url, PREFIX);
    await expect(store.onModuleInit()).rejects.toThrow(
      new RegExp(
        `REDIS_URL: keys under REDIS_KEY_PREFIX have an unexpected type.*: .*${wrong}, not `,
      ),
    );
    await store.onApplicationShutdown();
  });

  it.each<readonly [string, (redis: Redis) => Promise<unknown>]>([
    ['a head without its numbers', (redis) => redis.hdel(PARTITION.head, 'seq')],
    ['a head of other numbers', (redis) => redis.hset(PARTITION.head, 'seq', 'many')],
    ['a log that is ahead', (redis) => redis.xadd(PARTITION.log, '99-0', 'batch', '[]')],
    ['a log of garbage', (redis) => redis.xadd(PARTITION.log, '2-0', 'what', 'garbage')],
    ['states of nodes of garbage', (redis) => redis.hset(PARTITION.nodes, 'other', 'garbage')],
  ])('repairs %s', async (_, damage) => {
    await leaveUsers('ann');
    await server.with(damage);
    const [one, other] = [await startNode(), await startNode()];
    expect(await one.status('ann')).toBe('ONLINE');
    await one.connect('ann', 's');
    await other.perform('ann', join('s', 'lobby'));
    await one.store.view.awaitCurrent();
    expect(one.store.view.presence('ann').channelId).toBe('lobby');
  });

  it('ends with a sentence where it lacks a permission', async () => {
    await server.with((redis) =>
      redis.call('ACL', 'SETUSER', 'narrow', 'on', '>p', '~*', '&*', '+@all', '-evalsha', '-eval'),
    );
    const store = newRedisStore(server.url.replace('//', '//narrow:p@'), PREFIX);
    await expect(store.onModuleInit()).rejects.toThrow(/lacks a permission.*NOPERM/);
    await store.onApplicationShutdown();
  });
});

describe('A node that runs', () => {
  it('ignores a message that is not a batch', async () => {
    const [one, other] = [await startNode(), await startNode()];
    const uncaught = vi.fn();
    process.on('uncaughtException', uncaught);
    await one.connect('ann', 's');
    const { epoch, seq, token } = await server.with((redis) => redis.hgetall(PARTITION.head));
    for (const message of [
      'garbage',
      '||||||',
      `${epoch}|${seq}|99|${token}|x|garbage`,
      `${epoch}|${seq}|99|${token}|x|[[{"a":1},"ann",0,null,[]]]`,
    ]) {
      await server.with((redis) => redis.call('SPUBLISH', PARTITION.channel, message));
    }
    await one.perform('ann', join('s', 'lobby'));
    await eventually(() => other.store.view.presence('ann').channelId, 'lobby');
    process.off('uncaughtException', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
  });

  it('resyncs if it cannot read a batch of the log', async () => {
    const [one, other] = [await startNode(), await startNode()];
    await one.connect('ann', 's');
    await Promise.all([one.store.view.awaitCurrent(), other.store.view.awaitCurrent()]);
    await server.with(async (redis) => {
      const { seq, token } = await redis.hgetall(PARTITION.head);
      const next = Number(seq) + 1;
      const fields = ['before', seq!, 'prev', token!, 'token', 'x', 'batch', 'garbage'];
      await redis.xadd(PARTITION.log, `${next}-0`, ...fields);
      await redis.hset(PARTITION.head, 'seq', next, 'token', 'x');
    });
    await one.perform('ann', join('s', 'lobby'));
    await other.store.view.awaitCurrent();
    expect(other.store.view.presence('ann').channelId).toBe('lobby');
    expect(other.store.status.metrics().resyncs).toMatchObject({ unreadable: 1 });
  });

  it('writes back a user whose record was damaged, when the user changes', async () => {
    const node = await startNode();
    await node.connect('ann', 's');
    await server.with((redis) => redis.hset(PARTITION.users, 'ann', 'garbage'));
    await node.perform('ann', join('s', 'lobby'));
    expect(node.store.view.presence('ann').channelId).toBe('lobby');
    const late = await startNode();
    expect(await late.status('ann')).toBe('ONLINE');
    expect(late.store.status.metrics().unreadableUsers).toBe(0);
  });

  it('takes over a user whose record another node could not read', async () => {
    const one = await startNode();
    await one.connect('ann', 's');
    await one.perform('ann', join('s', 'lobby'));
    await server.with(async (redis) => {
      const stored = await redis.hget(PARTITION.users, 'ann');
      await redis.hset(PARTITION.users, 'ann', `${stored!.split('|')[0]}|[]`);
    });
    const other = await startNode();
    await other.connect('ann', 'new');
    await one.store.view.awaitCurrent();
    expect(one.store.view.presence('ann').channelId).toBeUndefined();
    expect(one.store.view.presence('ann')).toEqual(other.store.view.presence('ann'));
  });

  it.each(['head', 'nodes', 'users', 'log'] as const)(
    'names its %s once that has a wrong type, and goes on when it is deleted',
    async (name) => {
      const key = PARTITION[name];
      const node = await startNode();
      await node.connect('ann', 's');
      await server.with((redis) => redis.set(key, 'x'));
      const named = (): boolean => node.store.status.problem?.includes(`${key} (string`) ?? false;
      await eventually(named, true);
      await server.with((redis) => redis.del(key));
      await eventually(() => node.store.status.problem, undefined);
      await node.perform('ann', join('s', 'lobby'));
      expect(await node.status('ann')).toBe('ONLINE');
    },
  );
});
