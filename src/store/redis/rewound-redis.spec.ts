import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { disconnect } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';

// This test causes faults deliberately.
Logger.overrideLogger(false);

// Enough users that each node is the rendezvous owner of some of them.
const USERS = Array.from({ length: 40 }, (_, i) => `user-${i}`);

describe('Nodes whose Redis comes back as it was some time ago', () => {
  let server: RedisServer;
  let a: StoreNode;
  let b: StoreNode;
  beforeAll(async () => {
    server = await RedisServer.start();
    a = await StoreNode.start(server.url, 'test:');
    b = await StoreNode.start(server.url, 'test:');
  });
  afterAll(async () => {
    await Promise.all([a.stop(), b.stop()]);
    await server.stop();
  });

  it('end the sessions that had ended after the restored state', async () => {
    for (const userId of USERS) {
      await a.connect(userId, `a.${userId}`);
      await b.connect(userId, `b.${userId}`);
    }
    const goBack = await server.remember('test:*');
    for (const userId of USERS) await a.perform(userId, disconnect(`a.${userId}`));
    await goBack();
    const sessionsOn = async (node: StoreNode): Promise<readonly string[]> =>
      (await Promise.all(USERS.map((userId) => node.sessionsOf(userId)))).flat();
    const left = USERS.map((userId) => `b.${userId}`);
    await eventually(async () => [await sessionsOn(a), await sessionsOn(b)], [left, left]);
  });
});
