import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PARTITIONS } from '../../src/store/redis/keys.js';
import { Build } from '../support/built-server.js';
import { eventually } from '../support/eventually.js';
import { NIGHTLY } from '../support/nodes.js';
import { RedisServer } from '../support/redis-server.js';
import { WebhookNodes } from '../support/webhook-nodes.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';

const VISITS = NIGHTLY ? 60 : 20;

describe('Webhooks of several nodes', () => {
  let build: Build;
  let redis: RedisServer;
  let cluster: WebhookNodes;
  let backend: WebhookReceiver;
  beforeAll(async () => void (build = await Build.make()));
  afterAll(() => build.remove());
  beforeEach(async () => {
    redis = await RedisServer.start();
    cluster = await WebhookNodes.with(build, redis.url);
    backend = cluster.backend;
  });
  afterEach(async () => {
    await cluster.stop();
    await redis.stop();
  });

  it.runIf(NIGHTLY)('deliver each event once, whichever node commits it', async () => {
    const [one, two] = [await cluster.start(), await cluster.start()];
    const users = [...(await cluster.visits(one, VISITS)), ...(await cluster.visits(two, VISITS))];
    await cluster.areTaken(users);
    expect(cluster.repeated).toBe(0);
    expect(backend.gaps).toHaveLength(PARTITIONS);
  });

  it('continue from the position when the delivering node is killed', async () => {
    const [one, two] = [await cluster.start(), await cluster.start()];
    await cluster.areTaken(await cluster.visits(one, VISITS));
    backend.refuse(503);
    const users = await cluster.visits(two, VISITS);
    await one.kill();
    backend.take();
    const later = await cluster.visits(two, VISITS);
    await cluster.areTaken([...users, ...later]);
    expect(backend.gaps).toHaveLength(PARTITIONS);
  });

  it.runIf(NIGHTLY)(
    'repeat at most the last batch of each partition, with the same ids, after a kill',
    async () => {
      const [one, two] = [await cluster.start(), await cluster.start()];
      await cluster.areTaken(await cluster.visits(one, VISITS));
      // The receiver takes the requests, but the delivering node dies before it knows.
      const taken = backend.taken.length;
      backend.answer((_, { events }) => void backend.taken.push(...events));
      const users = await cluster.visits(two, VISITS);
      await eventually(() => backend.taken.length > taken, true);
      await one.kill();
      backend.take();
      await cluster.areTaken(users);
      expect(backend.gaps).toHaveLength(PARTITIONS);
    },
  );

  it.runIf(NIGHTLY)('keep two services with two prefixes apart', async () => {
    const other = await WebhookNodes.with(build, redis.url, 'guest');
    try {
      const one = await cluster.start({ REDIS_KEY_PREFIX: 'blue:' });
      const two = await other.start({ REDIS_KEY_PREFIX: 'green:' });
      const [users, guests] = [await cluster.visits(one), await other.visits(two)];
      await cluster.areTaken(users);
      await other.areTaken(guests);
      const subjects = [backend, other.backend].map(
        ({ taken }) => new Set(taken.flatMap(({ subject }) => subject ?? [])),
      );
      expect(subjects).toEqual([new Set(users), new Set(guests)]);
    } finally {
      await other.stop();
    }
  });
});
