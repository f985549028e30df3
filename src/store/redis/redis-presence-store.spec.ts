import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  presenceStoreContract,
  type TestStore,
} from '../../../test/contract/presence-store.contract.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { connect, POLICY } from '../../../test/support/play.js';
import { RedisCluster } from '../../../test/support/redis-cluster.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { newRedisStore } from '../../../test/support/store-node.js';
import type { Config } from '../../config/config.js';
import { CommandExecutor } from '../../commands/command-executor.js';
import { Keys, partitionOf, PARTITIONS } from './keys.js';
import type { RedisPresenceStore } from './redis-presence-store.js';

// This test causes faults deliberately.
Logger.overrideLogger(false);

let server: RedisServer;
let cluster: RedisCluster;
beforeAll(async () => {
  server = await RedisServer.start();
  cluster = await RedisCluster.start();
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

presenceStoreContract('Redis', () => createStore(server.url));
presenceStoreContract('a Redis Cluster', () => createStore(cluster.url));

describe('A node that was declared dead', () => {
  it('begins its next session under another name', async () => {
    const { store, close } = await createStore(server.url);
    const commands = new CommandExecutor(store, new ManualClock(), { policy: POLICY } as Config);
    const { node: dead } = store.status;
    const { nodes } = new Keys(`test-${spaces - 1}:`).partitions[partitionOf('ann')]!;
    await server.with((redis) => redis.hset(nodes, dead, 'X1'));
    const { user } = await commands.execute('ann', () => connect('s', { node: store.status.node }));
    expect(store.status.node).not.toBe(dead);
    expect(user.sessions.map(({ node }) => node)).toEqual([store.status.node]);
    await close?.();
  });
});

describe('A node that starts', () => {
  it('knows every partition before it has read the first one', async () => {
    const store = newStore(server.url);
    const begun: number[] = [];
    store.partitionResets.subscribe(({ partition }) => begun.push(partition));
    const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    expect(begun).toEqual(all);
    await store.onModuleInit();
    expect(begun.slice(PARTITIONS).toSorted((a, b) => a - b)).toEqual(all);
    await store.onApplicationShutdown();
  });
});

let spaces = 0;

/** A store that starts with an empty Redis. */
async function createStore(url: string): Promise<TestStore> {
  const store = newStore(url);
  await store.onModuleInit();
  return { store, close: () => store.onApplicationShutdown() };
}

function newStore(url: string): RedisPresenceStore {
  return newRedisStore(url, `test-${spaces++}:`);
}
