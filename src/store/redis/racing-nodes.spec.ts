import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect, join, POLICY } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { redisUrl } from '../../config/redis-url.js';
import { step } from '../../domain/step.js';
import { RedisPresenceStore } from './redis-presence-store.js';

// Faults are what this is about.
Logger.overrideLogger(false);

const USERS = Array.from({ length: 60 }, (_, i) => `user-${i}`);

describe('Nodes that write at the same time', () => {
  let server: RedisServer;
  let stores: RedisPresenceStore[];
  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(() => server.stop());
  beforeEach(async () => {
    stores = [1, 2, 3].map(() => createStore(server.url));
    await Promise.all(stores.map((store) => store.onModuleInit()));
  });
  afterEach(() => Promise.all(stores.map((store) => store.onApplicationShutdown())));

  it('lose nothing of each other', async () => {
    const everywhere = (
      work: (userId: string, store: RedisPresenceStore, i: number) => Promise<unknown>,
    ): Promise<unknown> =>
      Promise.all(stores.flatMap((store, i) => USERS.map((userId) => work(userId, store, i))));
    await everywhere((userId, store, i) =>
      store.update(userId, (user) =>
        step(user, connect(`${userId}.${i}`, { node: store.node }), Date.now(), POLICY),
      ),
    );
    for (let round = 0; round < 3; round++) {
      await everywhere((userId, store, i) =>
        store.update(userId, (user) =>
          step(user, join(`${userId}.${i}`, `channel-${i}-${round}`), Date.now(), POLICY),
        ),
      );
    }
    for (const userId of USERS) {
      const users = await Promise.all(stores.map((store) => store.find(userId)));
      expect(users[0]!.sessions.map(({ sessionId }) => sessionId).sort()).toEqual(
        stores.map((_, i) => `${userId}.${i}`),
      );
      expect(users[1]).toEqual(users[0]);
      expect(users[2]).toEqual(users[0]);
    }
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
