import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PARTITIONS } from '../../src/store/redis/keys.js';
import { Build } from '../support/built-server.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';
import { WebhookNodes } from '../support/webhook-nodes.js';

/** Responds with a body that does not end. */
function respondEndlessly(response: ServerResponse, status: number): void {
  response.writeHead(status);
  const write = (): void => {
    while (!response.destroyed && response.write('x'.repeat(1024)));
    if (!response.destroyed) response.once('drain', write);
  };
  write();
}

const FAULTS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'responds with 500': (response) => void response.writeHead(500).end(),
  'does not respond': () => {},
  'responds with an endless body': (response) => respondEndlessly(response, 503),
  'responds with invalid HTTP': ({ socket }) => void socket!.end('garbage\r\n\r\n'),
  'closes the connection': ({ socket }) => void socket!.destroy(),
  'ends in the middle of the headers': ({ socket }) => void socket!.end('HTTP/1.1 204 No Content'),
};

describe('Webhooks of several nodes', () => {
  let build: Build;
  let redis: RedisServer;
  let cluster: WebhookNodes;
  beforeAll(async () => void (build = await Build.make()));
  afterAll(() => build.remove());
  beforeEach(async () => {
    redis = await RedisServer.start();
    cluster = await WebhookNodes.with(build, redis.url);
  });
  afterEach(async () => {
    await cluster.stop();
    await redis.stop();
  });

  it('are not delivered by a node that was paused and has lost its leases', async () => {
    const [one, two] = [await cluster.start(), await cluster.start()];
    await cluster.areTaken(await cluster.visitsEverywhere(one));
    // Each partition waits to repeat its request, so that none is half sent when the node is paused.
    cluster.backend.refuse(503, { 'retry-after': '5' });
    const before = [one, two].map((node) => cluster.requestsOf(node).length);
    const refused = (): number[] =>
      [one, two].map((node, i) => cluster.requestsOf(node).length - before[i]!);
    const users = await cluster.visitsEverywhere(two);
    await eventually(() => refused()[0]! + refused()[1]!, PARTITIONS);
    expect(refused()).not.toContain(0);
    one.signal('SIGSTOP');
    cluster.backend.take();
    await cluster.areTaken(users);
    const taken = new Set(cluster.backend.taken.map(({ id }) => id));
    const { length } = cluster.requestsOf(one);
    one.signal('SIGCONT');
    await cluster.areTaken(await cluster.visitsEverywhere(two));
    // It delivers again when it has acquired leases, and begins where the other node has ended.
    while (cluster.requestsOf(one).length === length) {
      await cluster.areTaken(await cluster.visitsEverywhere(two));
    }
    const events = cluster
      .requestsOf(one)
      .slice(length)
      .flatMap((request) => request.events);
    expect(events.filter(({ id }) => taken.has(id))).toEqual([]);
    expect(cluster.backend.gaps).toHaveLength(PARTITIONS);
  });

  it('arrive after all that a receiver can do wrong, without a gap', async () => {
    const limits = { webhookTimeoutMs: 1000 };
    const [one, two] = [await cluster.start({}, limits), await cluster.start({}, limits)];
    await cluster.areTaken(await cluster.visitsEverywhere(one));
    const users: string[] = [];
    for (const fault of Object.values(FAULTS)) {
      cluster.backend.answer(fault);
      const called = cluster.backend.isCalled();
      users.push(...(await cluster.visits(one, 5)), ...(await cluster.visits(two, 5)));
      await called;
      await cluster.backend.isCalled();
      cluster.backend.take();
      await cluster.areTaken(users);
    }
    expect(cluster.backend.gaps).toHaveLength(PARTITIONS);
  });

  it('arrive at a receiver that responds slowly, and repeat nothing', async () => {
    const [one, two] = [await cluster.start(), await cluster.start()];
    await cluster.areTaken(await cluster.visitsEverywhere(one));
    cluster.backend.takeAfter(200);
    const users = [...(await cluster.visits(one, 60)), ...(await cluster.visits(two, 60))];
    await cluster.areTaken(users);
    expect(cluster.repeated).toBe(0);
    expect(cluster.backend.gaps).toHaveLength(PARTITIONS);
  });

  it('arrive from Redis when they are no longer in the memory of any node', async () => {
    const fixed = { eventLogSize: 50 };
    const one = await cluster.start({}, fixed);
    await cluster.areTaken(await cluster.visitsEverywhere(one));
    cluster.backend.refuse(503);
    const users = await cluster.visits(one, 200);
    await one.kill();
    const two = await cluster.start({}, fixed);
    users.push(...(await cluster.visits(two, 200)));
    cluster.backend.take();
    await cluster.areTaken(users);
    expect(cluster.backend.gaps).toHaveLength(PARTITIONS);
  });

  it('report a gap if the receiver was down for longer than Redis keeps the events, and continue', async () => {
    const one = await cluster.start({}, { eventLogSize: 20 });
    await cluster.areTaken(await cluster.visitsEverywhere(one));
    cluster.backend.refuse(503);
    await cluster.visitsEverywhere(one);
    // As the trimmer does with commits that are too old.
    await redis.with(async (client) => {
      for (const log of await client.keys('*:log')) await client.xtrim(log, 'MAXLEN', 1);
    });
    const later = await cluster.visitsEverywhere(one);
    cluster.backend.take();
    await cluster.areTaken(later);
    const gaps = cluster.backend.gaps.slice(PARTITIONS);
    expect(gaps.length).toBeGreaterThan(0);
    for (const { data } of gaps) expect(data.from! < data.to!).toBe(true);
  });

  it('arrive while nodes are replaced under load, without a gap or a repetition', async () => {
    let next = await cluster.start();
    await cluster.areTaken(await cluster.visitsEverywhere(next));
    const users: string[] = [];
    for (let i = 0; i < 3; i++) {
      const old = next;
      next = await cluster.start();
      const load = Promise.all([cluster.visits(next, 40), cluster.visits(next, 40)]);
      old.signal('SIGTERM');
      await old.exited;
      users.push(...(await load).flat());
    }
    await cluster.areTaken(users);
    expect(cluster.repeated).toBe(0);
    expect(cluster.backend.gaps).toHaveLength(PARTITIONS);
  });

  it('are delivered for nodes that take no part', async () => {
    // As nodes of a version without webhooks: they own partitions by the rendezvous, and deliver nothing.
    const older = [await cluster.startWithout(), await cluster.startWithout()];
    const one = await cluster.start();
    const users = await cluster.visitsEverywhere(older[0]!);
    await cluster.areTaken(users);
    users.push(...(await cluster.visits(older[1]!)), ...(await cluster.visits(one)));
    await older[0]!.kill();
    users.push(...(await cluster.visits(one)));
    await cluster.areTaken(users);
    expect(cluster.backend.gaps).toHaveLength(PARTITIONS);
  });
});
