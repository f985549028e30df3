import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { join } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { redisUrl } from '../../config/redis-url.js';
import { Keys, partitionOf } from './keys.js';
import { LogTrimmer } from './log-trimmer.js';
import type { Partition } from './partition.js';
import { RedisClient } from './redis-client.js';

const MINUTE = 60_000;

let server: RedisServer;
let port: RedisClient;
beforeAll(async () => {
  server = await RedisServer.start();
  port = RedisClient.open(redisUrl.read(server.url)!, () => {});
  await port.ready(10_000);
});
afterAll(async () => {
  port.close();
  await server.stop();
});

let spaces = 0;
let keys: Keys['partitions'][number];
let node: StoreNode;
let now: number;

beforeEach(async () => {
  now = 1_000_000_000;
  const prefix = `trim-${spaces++}:`;
  keys = new Keys(prefix).partitions[partitionOf('ann')]!;
  // This node has no limits of its own, so only the test trims.
  const unlimited = { historyMs: Number.MAX_SAFE_INTEGER, maxLogBytes: Number.MAX_SAFE_INTEGER };
  node = await StoreNode.start(server.url, prefix, { ...unlimited, now: () => now });
  await node.connect('ann', 's');
});
afterEach(() => node.stop());

/** Makes a commit at the current time. Returns its number. */
async function commit(channelId: string): Promise<number> {
  await node.perform('ann', join('s', channelId));
  return server.with(async (redis) => Number(await redis.hget(keys.head, 'seq')));
}

async function trim(limits: { maxAgeMs?: number; maxBytes?: number }): Promise<void> {
  const options = {
    maxAgeMs: Number.MAX_SAFE_INTEGER,
    maxBytes: Number.MAX_SAFE_INTEGER,
    ...limits,
  };
  const partitions = [{ keys } as Partition];
  const trimmer = new LogTrimmer({
    port,
    partitions,
    isMine: () => true,
    now: () => now,
    ...options,
  });
  await trimmer.tick();
}

const batches = (): Promise<readonly number[]> =>
  server.with(async (redis) =>
    (await redis.xrange(keys.log, '-', '+')).map(([id]) => Number.parseInt(id, 10)),
  );

describe('The log of a partition', () => {
  it('loses the batches that are too old', async () => {
    const numbers: number[] = [];
    for (let i = 0; i < 20; i++) {
      now += MINUTE;
      numbers.push(await commit(`c${i}`));
    }
    await trim({ maxAgeMs: 5 * MINUTE });
    expect(await batches()).toEqual(numbers.slice(-6));
    now += MINUTE;
    await trim({ maxAgeMs: 5 * MINUTE });
    expect(await batches()).toEqual(numbers.slice(-5));
  });

  it('keeps batches for a minute at least, and the last one for ever', async () => {
    const first = await commit('a');
    now += MINUTE / 2;
    const last = await commit('b');
    await trim({ maxAgeMs: 100 });
    expect((await batches()).slice(-2)).toEqual([first, last]);
    now += 1000 * MINUTE;
    await trim({ maxAgeMs: 100 });
    expect(await batches()).toEqual([last]);
    await trim({ maxAgeMs: 100 });
    expect(await batches()).toEqual([last]);
    expect(node.store.status.metrics().keysLost).toMatchObject({ log: 0 });
  });

  it('loses its oldest batches when it is too large', async () => {
    for (let i = 0; i < 100; i++) await commit(`${i}`.padEnd(128, '🦊'));
    const before = await batches();
    const used = await memory();
    await trim({ maxBytes: 40_000 });
    const left = await batches();
    expect(left).toEqual(before.slice(-left.length));
    expect(left.length).toBeGreaterThan(10);
    // The estimate may differ from the memory that Redis uses, but not by much.
    expect(await memory()).toBeLessThan(60_000);
    expect(used).toBeGreaterThan(100_000);
    await trim({ maxBytes: 100 });
    expect(await batches()).toEqual(before.slice(-1));
  });

  it('keeps the batches of an older version until newer ones take up more of it', async () => {
    await server.with(async (redis) => {
      const { seq, token } = await redis.hgetall(keys.head);
      const older = ['before', '0', 'prev', token!, 'token', token!, 'batch', '[]'];
      await redis.del(keys.log);
      await redis.xadd(keys.log, `${seq}-0`, ...older);
    });
    const numbers: number[] = [];
    for (let i = 0; i < 20; i++) {
      now += MINUTE;
      numbers.push(await commit(`c${i}`));
    }
    await trim({ maxAgeMs: 5 * MINUTE });
    expect(await batches()).toEqual(numbers.slice(-6));
  });

  it('is trimmed by the rendezvous owner, with the limits of its settings', async () => {
    const prefix = `trim-${spaces++}:`;
    const { log } = new Keys(prefix).partitions[partitionOf('ann')]!;
    const owner = await StoreNode.start(server.url, prefix, { maxLogBytes: 5000, now: () => now });
    await owner.connect('ann', 's');
    for (let i = 0; i < 100; i++) await owner.perform('ann', join('s', `c${i}`));
    await eventually(() => server.with(async (redis) => (await redis.xlen(log)) < 20), true);
    await owner.stop();
  });
});

function memory(): Promise<number> {
  return server.with(async (redis) => (await redis.memory('USAGE', keys.log, 'SAMPLES', 0))!);
}
