import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { eventually } from '../support/eventually.js';
import { NIGHTLY } from '../support/nodes.js';
import { RedisServer } from '../support/redis-server.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const PARTITIONS = 16;
const VISIT = ['user_online', 'user_offline'];

describe('Webhooks of several nodes', () => {
  let build: Build;
  let redis: RedisServer;
  let backend: WebhookReceiver;
  let nodes: ServerProcess[];
  let visitors = 0;
  beforeAll(async () => void (build = await Build.make()));
  afterAll(() => build.remove());
  beforeEach(async () => {
    redis = await RedisServer.start();
    backend = await WebhookReceiver.start();
    nodes = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await backend.stop();
    await redis.stop();
  });

  async function startNode(more: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const settings = {
      REDIS_URL: redis.url,
      DRAIN_TIMEOUT_MS: '100',
      ...backend.settings,
      ...more,
    };
    const node = await build.serve(settings, { fixed: { webhookRetryMs: 20 } });
    nodes.push(node);
    return node;
  }

  /** Connects and disconnects users, and returns their ids. */
  async function visits(
    node: ServerProcess,
    count = NIGHTLY ? 60 : 20,
  ): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, () => `user ${visitors++}`);
    for (const id of ids) {
      const { stream } = await (await node.client(id)).connect();
      stream.cancel();
      await stream.ended;
    }
    return ids;
  }

  /** Waits until every event of these users was taken, in order and without a missing one. */
  async function areTaken(users: readonly string[]): Promise<void> {
    await eventually(
      () => users.map((id) => backend.typesOf(id)),
      users.map(() => VISIT),
    );
  }

  /** The number of repeated events: those whose id was taken before. */
  function repeated(): number {
    const ids = backend.taken.map(({ id }) => id);
    return ids.length - new Set(ids).size;
  }

  it.runIf(NIGHTLY)('deliver each event once, whichever node commits it', async () => {
    const [one, two] = [await startNode(), await startNode()];
    await areTaken([...(await visits(one)), ...(await visits(two))]);
    expect(repeated()).toBe(0);
    expect(backend.gaps).toHaveLength(PARTITIONS);
  });

  it('continue from the position when the delivering node is killed', async () => {
    const [one, two] = [await startNode(), await startNode()];
    await areTaken(await visits(one));
    backend.refuse(503);
    const users = await visits(two);
    await one.kill();
    backend.take();
    const later = await visits(two);
    await areTaken([...users, ...later]);
    expect(backend.gaps).toHaveLength(PARTITIONS);
  });

  it.runIf(NIGHTLY)(
    'repeat at most the last batch of each partition, with the same ids, after a kill',
    async () => {
      const [one, two] = [await startNode(), await startNode()];
      await areTaken(await visits(one));
      // The receiver takes the requests, but the delivering node dies before it knows.
      const taken = backend.taken.length;
      backend.answer((_, { events }) => void backend.taken.push(...events));
      const users = await visits(two);
      await eventually(() => backend.taken.length > taken, true);
      await one.kill();
      backend.take();
      await areTaken(users);
      expect(backend.gaps).toHaveLength(PARTITIONS);
      expect(repeated()).toBeLessThanOrEqual(users.length * VISIT.length);
    },
  );

  it.runIf(NIGHTLY)(
    'are delivered without a gap or a repetition through a rolling update',
    async () => {
      const one = await startNode();
      const users = [...(await visits(one))];
      for (let i = 0; i < 2; i++) {
        const next = await startNode();
        users.push(...(await visits(next, 30)));
        const old = nodes.at(-2)!;
        old.signal('SIGTERM');
        await old.exited;
        users.push(...(await visits(next, 30)));
      }
      await areTaken(users);
      expect(repeated()).toBe(0);
      expect(backend.gaps).toHaveLength(PARTITIONS);
    },
  );

  it.runIf(NIGHTLY)('keep two services with two prefixes apart', async () => {
    const other = await WebhookReceiver.start();
    const one = await startNode({ REDIS_KEY_PREFIX: 'blue:' });
    const two = await startNode({ REDIS_KEY_PREFIX: 'green:', ...other.settings });
    const [blue, green] = [await visits(one), await visits(two)];
    await areTaken(blue);
    await eventually(
      () => green.map((id) => other.typesOf(id)),
      green.map(() => VISIT),
    );
    const subjects = new Set(backend.taken.map(({ subject }) => subject));
    expect(green.filter((id) => subjects.has(id))).toEqual([]);
    await other.stop();
  });
});
