import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { PARTITIONS } from './keys.js';
import { RedisClient } from './redis-client.js';
import { scripts } from './script.js';

/** Eight batches for each partition. */
const USERS = 8 * 64 * 16;

/** The number of arguments of a full batch: seven of the batch itself and four for each commit. */
const ARGUMENTS_OF_BATCH = 11 + 64 * 2;

// Warnings in a burst, such as gaps, are no failure of this test.
Logger.overrideLogger(false);

describe('A burst of commits', () => {
  let server: RedisServer;
  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(() => server.stop());
  const nodes: StoreNode[] = [];
  afterEach(async () => {
    vi.restoreAllMocks();
    await Promise.all(nodes.splice(0).map((node) => node.stop()));
  });

  it('leaves at most one small batch per partition before the counter by which its node is alive', async () => {
    for (let i = 0; i < 2; i++) nodes.push(await StoreNode.start(server.url, 'burst:'));
    const [busy, other] = nodes;
    const names = nodes.map(({ store }) => store.status.node);
    const run = RedisClient.prototype.run;
    let underWay = 0;
    const most = { batches: 0, args: 0 };
    vi.spyOn(RedisClient.prototype, 'run').mockImplementation(async function (
      this: RedisClient,
      script,
      keys,
      args,
    ) {
      if (script !== scripts.commit) return run.call(this, script, keys, args);
      most.batches = Math.max(most.batches, ++underWay);
      most.args = Math.max(most.args, args.length);
      return run.call(this, script, keys, args).finally(() => underWay--);
    });
    await Promise.all(Array.from({ length: USERS }, (_, i) => busy!.connect(`user-${i}`, `s${i}`)));
    expect(most.batches).toBe(PARTITIONS);
    expect(most.args).toBe(ARGUMENTS_OF_BATCH);
    await other!.store.view.awaitCurrent();
    expect(nodes.map(({ store }) => store.status.node)).toEqual(names);
    expect(other!.eventLines.filter((words) => words.includes('NODE_LOST'))).toEqual([]);
  });
});
