import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { join } from '../../../test/support/play.js';
import { RedisCluster } from '../../../test/support/redis-cluster.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { Keys, partitionOf } from './keys.js';

// This test causes faults deliberately.
Logger.overrideLogger(false);

const PARTITION = new Keys('test:').partitions[partitionOf('ann')]!;

describe('A node on a Redis Cluster', () => {
  let cluster: RedisCluster;
  let node: StoreNode;
  let sessions = 0;
  let sessionId: string;
  beforeAll(async () => void (cluster = await RedisCluster.start()), 60_000);
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    node = await StoreNode.start(cluster.url, 'test:', { timeoutMs: 1000 });
    // Each test uses its own session, because the session of the previous test ends with its node.
    sessionId = `s${++sessions}`;
    await node.connect('ann', sessionId);
  });
  afterEach(() => node.stop());

  async function joins(channelId: string): Promise<string> {
    return node.perform('ann', join(sessionId, channelId)).then(
      () => 'OK',
      ({ reason }: { readonly reason: string }) => reason,
    );
  }

  it('waits while the keys of a partition are on two servers, and follows them (TRYAGAIN, MOVED)', async () => {
    const move = await cluster.beginMove(PARTITION.head);
    await move.take(PARTITION.head);
    expect(await joins('lobby')).toBe('STORE_UNAVAILABLE');
    await move.take(PARTITION.nodes, PARTITION.users, PARTITION.log);
    await move.end();
    await eventually(() => joins('kitchen'), 'OK');
    await eventually(() => node.store.status.problem, undefined);
    expect(await node.status('ann')).toBe('ONLINE');
  });

  it('continues when a server that all others name was gone (MOVED, CLUSTERDOWN)', async () => {
    await cluster.killMaster();
    await eventually(() => cluster.isDown(), true);
    await eventually(() => node.store.status.problem !== undefined, true);
    await cluster.restartMaster();
    await eventually(() => node.store.status.problem, undefined);
    await eventually(() => joins('garden'), 'OK');
    expect(await node.status('ann')).toBe('ONLINE');
  });
});
