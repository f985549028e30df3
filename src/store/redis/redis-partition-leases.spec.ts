import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { redisUrl } from '../../config/redis-url.js';
import { PATIENCE_MS } from '../../../test/support/eventually.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import type { PartitionLease } from '../partition-leases.js';
import { Keys } from './keys.js';
import { RedisClient } from './redis-client.js';
import { RedisPartitionLeases } from './redis-partition-leases.js';

const PARTITION = 5;
const AN_HOUR_MS = 3_600_000;
const POSITION = { seq: 2 ** 40, mark: 4_000_000_000, occurredAt: 1_790_000_000_123.5 };

describe('The lease of a partition in Redis', () => {
  let redis: RedisServer;
  let port: RedisClient;
  let keys: Keys;
  let prefix = 0;
  beforeAll(async () => {
    redis = await RedisServer.start();
    port = RedisClient.open(redisUrl.read(redis.url)!, () => {});
    await port.ready(PATIENCE_MS);
  });
  afterAll(async () => {
    port.close();
    await redis.stop();
  });
  beforeEach(() => void (keys = new Keys(`test-${prefix++}:`)));
  afterEach(() => redis.with((client) => client.flushall()));

  /** Creates a node, which is the rendezvous owner of every partition or of none. */
  function node(isOwner: boolean): RedisPartitionLeases {
    return new RedisPartitionLeases({
      ...{ port, keys: keys.partitions, isMine: () => isOwner },
      // Long enough that no lease ends by itself.
      ...{ leaseMs: AN_HOUR_MS, freeMs: AN_HOUR_MS, renewEveryMs: 1000 },
    });
  }

  async function acquired(isOwner: boolean): Promise<PartitionLease> {
    const lease = await node(isOwner).acquire(PARTITION);
    if (lease === undefined) throw new Error('the lease is not free');
    return lease;
  }

  /** Lets the lease have ended that many milliseconds ago. */
  async function pretendEndedFor(ms: number): Promise<void> {
    const key = keys.partitions[PARTITION]!.webhooks;
    await redis.with(async (client) => {
      const [seconds] = await client.time();
      await client.hset(key, 'until', String(Number(seconds) * 1000 - ms));
    });
  }

  it('belongs to one node at a time', async () => {
    const lease = await acquired(true);
    expect(await node(true).acquire(PARTITION)).toBeUndefined();
    expect(lease.isValid).toBe(true);
    expect(await lease.renew(undefined)).toBe('wanted');
    await lease.release(undefined);
    expect(lease.isValid).toBe(false);
    await acquired(true);
  });

  it('is kept apart for each partition and each prefix', async () => {
    await acquired(true);
    expect(await node(true).acquire(PARTITION + 1)).toBeDefined();
    keys = new Keys('another:');
    await acquired(true);
  });

  it('hands over the position, exactly as it was stored', async () => {
    const lease = await acquired(true);
    expect(lease.position).toBeUndefined();
    await lease.renew(POSITION);
    await lease.release(undefined);
    const next = await acquired(true);
    expect(next.position).toEqual(POSITION);
    await next.release({ ...POSITION, seq: 7 });
    expect((await acquired(true)).position!.seq).toBe(7);
  });

  it('is acquired by the rendezvous owner at once, and by others when it has been free for a while', async () => {
    const lease = await acquired(true);
    await lease.release(POSITION);
    expect(await node(false).acquire(PARTITION)).toBeUndefined();
    await pretendEndedFor(2 * AN_HOUR_MS);
    expect((await acquired(false)).position).toEqual(POSITION);
  });

  it('waits for the owner also if Redis has no entry of it', async () => {
    expect(await node(false).acquire(PARTITION)).toBeUndefined();
    await acquired(true);
  });

  it('is asked for by the owner only, and until it is released', async () => {
    await acquired(true).then((lease) => lease.release(undefined));
    await pretendEndedFor(2 * AN_HOUR_MS);
    const lease = await acquired(false);
    expect(await node(false).acquire(PARTITION)).toBeUndefined();
    expect(await lease.renew(undefined)).toBe('held');
    expect(await node(true).acquire(PARTITION)).toBeUndefined();
    expect(await lease.renew(undefined)).toBe('wanted');
    await lease.release(undefined);
    expect(await (await acquired(true)).renew(undefined)).toBe('held');
  });

  it('is lost when another node has acquired it, and then stores nothing', async () => {
    const late = await acquired(true);
    await late.renew(POSITION);
    await pretendEndedFor(0);
    const next = await acquired(true);
    expect(await late.renew({ ...POSITION, seq: 1 })).toBe('lost');
    expect(late.isValid).toBe(false);
    await late.release({ ...POSITION, seq: 2 });
    expect(await next.renew(undefined)).toBe('held');
    await next.release(undefined);
    expect((await acquired(true)).position).toEqual(POSITION);
  });

  it('is stored again with its position when Redis has lost it', async () => {
    const lease = await acquired(true);
    await redis.with((client) => client.flushall());
    expect(await lease.renew(POSITION)).toBe('held');
    expect(await node(true).acquire(PARTITION)).toBeUndefined();
    await lease.release(undefined);
    expect((await acquired(true)).position).toEqual(POSITION);
  });

  it('is stored again although another node has already looked for it', async () => {
    const lease = await acquired(true);
    await redis.with((client) => client.flushall());
    expect(await node(false).acquire(PARTITION)).toBeUndefined();
    expect(await lease.renew(POSITION)).toBe('held');
  });
});
