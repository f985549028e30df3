import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { eventually } from '../support/eventually.js';
import { NIGHTLY } from '../support/nodes.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisSentinels } from '../support/redis-sentinels.js';
import { RedisServer } from '../support/redis-server.js';
import { WebhookNodes } from '../support/webhook-nodes.js';
import { PARTITIONS } from '../../src/store/redis/keys.js';

describe('Webhooks of several nodes whose Redis loses data', () => {
  let build: Build;
  let redis: RedisServer;
  let cluster: WebhookNodes;
  beforeAll(async () => void (build = await Build.make()));
  afterAll(() => build.remove());
  beforeEach(async () => {
    redis = await RedisServer.start();
    cluster = await WebhookNodes.with(build, redis.url);
  });
  afterEach(async () => {
    await cluster.stop();
    await redis.stop();
  });

  /**
   * Checks that every partition delivers again, and that nothing is missed after the last gap. A partition can have more than
   * one: each node notices the loss at another time.
   */
  async function areComplete(node: ServerProcess): Promise<void> {
    await cluster.areTaken(await cluster.visitsEverywhere(node));
    expect(cluster.backend.gaps.length).toBeGreaterThanOrEqual(2 * PARTITIONS);
    let gaps: number;
    do {
      gaps = cluster.backend.gaps.length;
      expect(gaps).toBeLessThanOrEqual(4 * PARTITIONS);
      await cluster.areTaken(await cluster.visitsEverywhere(node));
    } while (cluster.backend.gaps.length > gaps);
  }

  it('have a gap when Redis is emptied, and then every change, also those right after it', async () => {
    const [one, two] = [await cluster.start(), await cluster.start()];
    await cluster.areTaken(await cluster.visits(one));
    await redis.with((client) => client.flushall());
    const users = [...(await cluster.visits(two)), ...(await cluster.visits(one))];
    await cluster.areTaken(users);
    await areComplete(two);
  });

  it.runIf(NIGHTLY)(
    'have a gap when Redis loses the heads and the delivering node dies at once',
    async () => {
      const one = await cluster.start();
      await cluster.areTaken(await cluster.visits(one, 60));
      // The node `one` delivers. The other one takes over, and has positions of a numbering that has ended.
      const two = await cluster.start();
      cluster.backend.refuse(503);
      await cluster.visits(two);
      await redis.with(async (client) => client.del(await client.keys('*:head')));
      await one.kill();
      await cluster.visits(two, 5);
      cluster.backend.take();
      await areComplete(two);
    },
  );
});

describe.runIf(NIGHTLY)('Webhooks of several nodes under load', () => {
  it.each([
    ['a master with Sentinels', () => RedisSentinels.start()],
    ['a Redis Cluster with replicas', () => RedisCluster.start(1)],
  ])('on %s lose nothing without a gap when a master fails', async (_, startRedis) => {
    const build = await Build.make();
    const redis = await startRedis();
    const cluster = await WebhookNodes.with(build, redis.url);
    const { backend } = cluster;
    try {
      const nodes = [await cluster.start(), await cluster.start()] as const;
      await cluster.areTaken(await cluster.visitsEverywhere(nodes[0]));
      const { length } = backend.taken;
      const load = Promise.all(nodes.map((node) => cluster.visits(node, 100)));
      await eventually(() => backend.taken.length > length, true);
      await redis.killMaster();
      const lostUntil = Date.now();
      await cluster.areTakenOrNamed((await load).flat(), lostUntil);
      let gaps: number;
      do {
        gaps = backend.gaps.length;
        expect(gaps).toBeLessThanOrEqual(4 * PARTITIONS);
        for (const node of nodes) await cluster.areTaken(await cluster.visitsEverywhere(node));
      } while (backend.gaps.length > gaps);
      expect(cluster.ambiguousIds).toEqual([]);
    } finally {
      await cluster.stop();
      await redis.stop();
      await build.remove();
    }
  });
});
