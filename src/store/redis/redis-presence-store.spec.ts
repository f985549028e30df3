import { Logger } from '@nestjs/common';
import { afterAll, beforeAll } from 'vitest';
import {
  presenceStoreContract,
  type TestStore,
} from '../../../test/contract/presence-store.contract.js';
import { POLICY } from '../../../test/support/play.js';
import { RedisCluster, RedisServer } from '../../../test/support/redis-server.js';
import { redisUrl } from '../../config/redis-url.js';
import { RedisPresenceStore } from './redis-presence-store.js';

// Faults are what this is about.
Logger.overrideLogger(false);

let server: RedisServer;
let cluster: RedisCluster;
beforeAll(async () => {
  server = await RedisServer.start();
  cluster = await RedisCluster.start();
}, 60_000);
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

presenceStoreContract('Redis', () => createStore(server.url));
presenceStoreContract('a Redis Cluster', () => createStore(cluster.url));

let spaces = 0;

/** A store that finds nothing there. */
async function createStore(url: string): Promise<TestStore> {
  const store = new RedisPresenceStore({
    address: redisUrl.read(url)!,
    keyPrefix: `test-${spaces++}:`,
    policy: POLICY,
    logSize: 1000,
    maxOfflineUsers: 1000,
    now: () => Date.now(),
  });
  await store.onModuleInit();
  return { store, close: () => store.onApplicationShutdown() };
}
