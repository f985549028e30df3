import { Logger } from '@nestjs/common';
import { filter, firstValueFrom, map } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { disconnect, join } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { TcpProxy } from '../../../test/support/tcp-proxy.js';
import type { CommitPosition } from '../presence-store.js';
import { Keys, partitionOf } from './keys.js';

// This test causes faults deliberately.
Logger.overrideLogger(false);

const PARTITION = 3;
/** No server listens on this port. */
const CLOSED_PORT = 1;
/** Users of one partition. */
const [ANN, BOB] = Array.from({ length: 200 }, (_, i) => `user-${i}`).filter(
  (userId) => partitionOf(userId) === PARTITION,
) as [string, string];

describe('Commits that Redis has lost', () => {
  let server: RedisServer;
  let prefix: string;
  let spaces = 0;
  let nodes: StoreNode[];
  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(() => server.stop());
  beforeEach(() => {
    prefix = `lost-${spaces++}:`;
    nodes = [];
  });
  afterEach(() => Promise.all(nodes.map((node) => node.stop())));

  async function startNode(url = server.url): Promise<StoreNode> {
    const node = await StoreNode.start(url, prefix);
    nodes.push(node);
    return node;
  }

  const keysOf = (): Keys['partitions'][number] => new Keys(prefix).partitions[PARTITION]!;

  /** The resume token of a subscriber that has received everything, and its position in the partition. */
  async function upToDate(node: StoreNode): Promise<readonly [token: string, CommitPosition]> {
    await node.store.view.awaitCurrent();
    const { log } = node;
    return [log.tokenFor(log.head), log.lastCommitBefore(PARTITION, log.head)];
  }

  /** Waits until a node has marked the loss, and all that was lost is written back. */
  async function untilRepaired(): Promise<void> {
    await eventually(
      () =>
        server.with(async (redis) => {
          const { since } = await redis.hgetall(keysOf().head);
          const record = await redis.hget(keysOf().users, ANN);
          return Number(since) > 0 && record?.includes('lobby');
        }),
      true,
    );
    for (const { store } of nodes) await store.view.awaitCurrent();
  }

  describe('are not skipped by a subscriber that had received everything before them', () => {
    let token: string;
    let position: CommitPosition;
    let a: StoreNode;
    beforeEach(async () => {
      a = await startNode();
      await a.connect(ANN, 's');
      [token, position] = await upToDate(a);
      expect(a.log.find(token)).toBeDefined();
      const goBack = await server.remember(`${prefix}*`);
      await a.perform(ANN, join('s', 'lobby'));
      await goBack();
      await a.store.view.awaitCurrent();
    });

    it('and resumes on the node that still knows them', () => {
      expect(a.log.find(token)).toBeUndefined();
      expect(a.log.offsetAfter(position)).toBeUndefined();
    });

    it('and resumes from the history', async () => {
      expect(await a.store.history.positionOf(PARTITION, position.seq)).toBeUndefined();
      expect(await a.store.history.readAfter(position, 10)).toBeUndefined();
    });

    it('and resumes on a node that starts later', async () => {
      await untilRepaired();
      const later = await startNode();
      await a.connect(BOB, 't');
      await later.store.view.awaitCurrent();
      expect(later.log.offsetAfter(position)).toBeUndefined();
      expect(await later.store.history.readAfter(position, 10)).toBeUndefined();
    });
  });

  it('are not skipped by a subscriber that a node without them has served, and that resumes on one with them', async () => {
    const address = await TcpProxy.to(server.port);
    try {
      const a = await startNode(`redis://127.0.0.1:${address.port}`);
      await a.connect(ANN, 's');
      const goBack = await server.remember(`${prefix}*`);
      await a.perform(ANN, join('s', 'lobby'));
      // The node does not notice the loss before the other one has started.
      address.pointAt(CLOSED_PORT);
      address.cut();
      await goBack();
      const b = await startNode();
      const marked = firstValueFrom(
        b.store.partitionResets.pipe(
          filter(({ partition, seq }) => partition === PARTITION && seq > 1),
          map(() => b.log.tokenFor(b.log.head)),
        ),
      );
      address.pointAt(server.port);
      const token = await marked;
      await untilRepaired();
      expect(a.log.find(token)).toBeUndefined();
      expect(b.log.find(token)!.start, 'it sends the difference').toBeLessThan(b.log.head);
      const [later] = await upToDate(b);
      expect(a.log.find(later)).toBeDefined();
    } finally {
      address.close();
    }
  });

  it('are marked once, and every node knows the mark', async () => {
    const [a, b] = [await startNode(), await startNode()];
    await a.connect(ANN, 's');
    await b.store.view.awaitCurrent();
    const goBack = await server.remember(`${prefix}*`);
    await a.perform(ANN, join('s', 'lobby'));
    await b.store.view.awaitCurrent();
    await goBack();
    await untilRepaired();
    const marks = await server.with(async (redis) =>
      (await redis.xrange(keysOf().log, '-', '+')).filter(([, fields]) => fields.includes('[]')),
    );
    expect(marks).toHaveLength(1);
    await a.connect(BOB, 't');
    const [, position] = await upToDate(a);
    const later = await startNode();
    await b.store.view.awaitCurrent();
    for (const { log } of [b, later]) expect(log.offsetAfter(position)).toBe(log.head);
    expect(await b.store.history.readAfter(position, 10)).toEqual({
      commits: [],
      last: position,
    });
  });

  it('have numbers that no later commit gets', async () => {
    const a = await startNode();
    await a.connect(ANN, 's');
    const goBack = await server.remember(`${prefix}*`);
    for (const channelId of ['hall', 'lobby']) await a.perform(ANN, join('s', channelId));
    const [, lost] = await upToDate(a);
    await goBack();
    await untilRepaired();
    await a.connect(BOB, 't');
    const [, position] = await upToDate(a);
    expect(position.seq).toBeGreaterThan(lost.seq + 1);
  });

  it('leave what was committed since then, from the mark on, for a reader that tolerates a gap', async () => {
    const a = await startNode();
    await a.connect(ANN, 's');
    const goBack = await server.remember(`${prefix}*`);
    await a.perform(ANN, join('s', 'lobby'));
    await goBack();
    await untilRepaired();
    await a.connect(BOB, 't');
    await a.perform(BOB, disconnect('t'));
    await a.store.view.awaitCurrent();
    const page = (await a.store.history.readOldest(PARTITION, 100))!;
    const kinds = page.commits.flatMap(({ user, events }) =>
      events.map(({ change }) => `${user.userId} ${change.kind}`),
    );
    expect(kinds).toEqual([`${BOB} USER_ONLINE`, `${BOB} USER_OFFLINE`]);
  });

  it('leave everything since the beginning of a new log, if Redis has lost all', async () => {
    const [a, b] = [await startNode(), await startNode()];
    await a.connect(ANN, 's');
    await a.perform(ANN, join('s', 'lobby'));
    const [, position] = await upToDate(a);
    await server.with(async (redis) => {
      const keys = await redis.keys(`${prefix}*`);
      await redis.del(...keys);
    });
    await b.connect(BOB, 't');
    await b.perform(BOB, disconnect('t'));
    await a.store.view.awaitCurrent();
    expect(a.log.offsetAfter(position)).toBeUndefined();
    expect(await a.store.history.readAfter(position, 10, true)).toBeUndefined();
    const page = (await a.store.history.readOldest(PARTITION, 100))!;
    expect(page.commits.flatMap(({ events }) => events.map(({ change }) => change.kind))).toEqual([
      'USER_ONLINE',
      'USER_OFFLINE',
    ]);
  });
});
