import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { connect, disconnect, POLICY } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { redisUrl } from '../../config/redis-url.js';
import type { Input } from '../../domain/input.js';
import { step } from '../../domain/step.js';
import { RedisPresenceStore } from './redis-presence-store.js';

// Faults are what this is about.
Logger.overrideLogger(false);

// Enough to have some in partitions that either node takes care of.
const USERS = Array.from({ length: 40 }, (_, i) => `user-${i}`);

describe('Nodes whose Redis comes back as it was some time ago', () => {
  let server: RedisServer;
  let a: RedisPresenceStore;
  let b: RedisPresenceStore;
  beforeAll(async () => {
    server = await RedisServer.start();
    a = createStore(server.url);
    b = createStore(server.url);
    await Promise.all([a, b].map((store) => store.onModuleInit()));
  });
  afterAll(async () => {
    await Promise.all([a, b].map((store) => store.onApplicationShutdown()));
    await server.stop();
  });

  function perform(store: RedisPresenceStore, userId: string, input: Input): Promise<unknown> {
    return store.update(userId, (user) => step(user, input, Date.now(), POLICY));
  }

  /** Makes Redis what it is now. */
  async function copy(): Promise<() => Promise<void>> {
    const dump = await server.with(async (redis) => {
      const keys = await redis.keys('test:*');
      return Promise.all(keys.map(async (key) => [key, await redis.dumpBuffer(key)] as const));
    });
    return () =>
      server.with(async (redis) => {
        const all = redis.multi();
        for (const [key, bytes] of dump) all.restore(key, 0, bytes, 'REPLACE');
        await all.exec();
      });
  }

  it('let no session stay that has ended since', async () => {
    for (const userId of USERS) {
      await perform(a, userId, connect(`a.${userId}`, { node: a.node }));
      await perform(b, userId, connect(`b.${userId}`, { node: b.node }));
    }
    const goBack = await copy();
    for (const userId of USERS) await perform(a, userId, disconnect(`a.${userId}`));
    await goBack();
    const sessionsOf = async (store: RedisPresenceStore): Promise<string[]> => {
      const users = await Promise.all(USERS.map((userId) => store.find(userId)));
      return users.flatMap(({ sessions }) => sessions.map(({ sessionId }) => sessionId));
    };
    const left = USERS.map((userId) => `b.${userId}`);
    await eventually(async () => [await sessionsOf(a), await sessionsOf(b)], [left, left], 6000);
  });
});

function createStore(url: string): RedisPresenceStore {
  return new RedisPresenceStore({
    address: redisUrl.read(url)!,
    keyPrefix: 'test:',
    policy: POLICY,
    logSize: 100_000,
    maxOfflineUsers: 1000,
    now: () => Date.now(),
  });
}
