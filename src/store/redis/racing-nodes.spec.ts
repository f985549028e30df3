import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { join } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';

// This test causes faults deliberately.
Logger.overrideLogger(false);

const USERS = Array.from({ length: 60 }, (_, i) => `user-${i}`);

describe('Nodes that write at the same time', () => {
  let server: RedisServer;
  let nodes: readonly StoreNode[];
  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(() => server.stop());
  beforeEach(async () => {
    nodes = await Promise.all([1, 2, 3].map(() => StoreNode.start(server.url, 'test:')));
  });
  afterEach(() => Promise.all(nodes.map((node) => node.stop())));

  it('lose nothing of each other', async () => {
    // The store of a slow machine may be unavailable for a moment. Each of these commands may be repeated.
    const everywhere = (
      work: (userId: string, node: StoreNode, i: number) => Promise<unknown>,
    ): Promise<unknown> =>
      Promise.all(
        nodes.flatMap((node, i) =>
          USERS.map((userId) => eventually(() => work(userId, node, i).then(() => 'done'), 'done')),
        ),
      );
    await everywhere((userId, node, i) => node.connect(userId, `${userId}.${i}`));
    for (let round = 0; round < 3; round++) {
      await everywhere((userId, node, i) =>
        node.perform(userId, join(`${userId}.${i}`, `channel-${i}-${round}`)),
      );
    }
    for (const userId of USERS) {
      const users = await Promise.all(nodes.map(({ store }) => store.get({ userId })));
      expect(users[0]!.sessions.map(({ sessionId }) => sessionId).sort()).toEqual(
        nodes.map((_, i) => `${userId}.${i}`),
      );
      expect(users[1]).toEqual(users[0]);
      expect(users[2]).toEqual(users[0]);
    }
  });
});
