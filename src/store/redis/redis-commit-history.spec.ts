import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { disconnect, join, mute } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';
import type { HistoricCommit, HistoryPage } from '../commit-history.js';
import type { Commit, CommitPosition } from '../presence-store.js';
import { Keys, partitionOf } from './keys.js';
import { MAX_PAGE_COMMITS } from './redis-commit-history.js';

// This test causes faults deliberately.
Logger.overrideLogger(false);

const PARTITION = 3;
/** Users of one partition. */
const [ANN, BOB, CAT] = Array.from({ length: 200 }, (_, i) => `user-${i}`).filter(
  (userId) => partitionOf(userId) === PARTITION,
) as [string, string, string];

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.stop());

let spaces = 0;
let prefix: string;
let nodes: StoreNode[];
/** The commits with a position, as the first node announced them. */
let announced: Commit[];
let begin: CommitPosition;

beforeEach(async () => {
  prefix = `history-${spaces++}:`;
  nodes = [];
  announced = [];
  const first = await startNode();
  first.store.commits.subscribe((commit) => announced.push(commit));
  first.store.partitionResets.subscribe((position) => {
    if (position.partition === PARTITION) begin = position;
  });
  begin = await positionAt(0);
});
afterEach(() => Promise.all(nodes.map((node) => node.stop())));

async function startNode(): Promise<StoreNode> {
  const node = await StoreNode.start(server.url, prefix);
  nodes.push(node);
  return node;
}

const [read, positionAt] = [
  (position: CommitPosition, limit = 100): Promise<HistoryPage | undefined> =>
    nodes[0]!.store.history.readAfter(position, limit),
  async (seq: number): Promise<CommitPosition> =>
    (await nodes[0]!.store.history.positionOf(PARTITION, seq))!,
];

/** Reads pages until nothing follows. */
async function readAll(from: CommitPosition, limit: number): Promise<readonly HistoricCommit[]> {
  const commits: HistoricCommit[] = [];
  for (let position = from; ;) {
    const page = (await read(position, limit))!;
    if (page.last.seq === position.seq) return commits;
    commits.push(...page.commits);
    position = page.last;
  }
}

/** Makes commits of several users on two nodes at the same time. */
async function commitOften(): Promise<void> {
  const other = await startNode();
  await Promise.all([ANN, BOB, CAT].map((userId) => nodes[0]!.connect(userId, userId)));
  for (let i = 0; i < 20; i++) {
    await Promise.all([
      nodes[0]!.perform(ANN, join(ANN, `a${i}`)),
      other.perform(BOB, join(BOB, `b${i}`)),
      nodes[0]!.perform(CAT, mute(CAT, { microphone: i % 2 === 0 })),
    ]);
  }
  await nodes[0]!.store.view.awaitCurrent();
}

const keysOf = (): Keys['partitions'][number] => new Keys(prefix).partitions[PARTITION]!;

const facts = ({ position, events, user, occurredAt, cause }: HistoricCommit | Commit): object => ({
  ...{ position, events, user, occurredAt, cause },
});

describe('The history of a partition in Redis', () => {
  it.each([1, 7, 1000])(
    'returns each commit after any position once and in order, in pages of %i',
    async (limit) => {
      await commitOften();
      expect(announced).toHaveLength(63);
      const expected = announced.map(facts);
      expect((await readAll(begin, limit)).map(facts)).toEqual(expected);
      for (const nth of [0, 1, 5, 30, 61, 62]) {
        const { position } = announced[nth]!;
        expect((await readAll(position, limit)).map(facts)).toEqual(expected.slice(nth + 1));
        expect(await positionAt(position.seq)).toEqual(position);
      }
    },
  );

  it('leaves out commits that no viewer sees, but counts them', async () => {
    const [node] = nodes as [StoreNode];
    await node.connect(ANN, 's');
    await node.perform(ANN, { type: 'activity', sessionId: 's' } as never);
    await node.perform(ANN, { type: 'activity', sessionId: 's' } as never);
    const page = (await read(begin))!;
    expect(page.commits).toHaveLength(1);
    expect(page.last.seq).toBeGreaterThan(page.commits[0]!.position.seq);
    expect(await read(page.last)).toEqual({ commits: [], last: page.last });
  });

  it('does not continue from a position that it does not know', async () => {
    await commitOften();
    const { position } = announced[30]!;
    expect(await read({ ...position, mark: position.mark ^ 1 })).toBeUndefined();
    expect(await read({ ...position, seq: 1000 })).toBeUndefined();
    expect(await read({ ...position, partition: 4 })).toBeUndefined();
    expect(await read({ ...position, partition: 16 })).toBeUndefined();
    await server.with((redis) => redis.xtrim(keysOf().log, 'MINID', position.seq + 3));
    expect(await read(begin)).toBeUndefined();
    expect(await read(position)).toBeUndefined();
    expect(await nodes[0]!.store.history.positionOf(PARTITION, position.seq)).toBeUndefined();
    const later = announced[40]!.position;
    expect(await readAll(later, 10)).toHaveLength(22);
  });

  it('ends before a batch that it cannot read, and does not continue after it', async () => {
    const [node] = nodes as [StoreNode];
    await node.connect(ANN, 's');
    await server.with(async (redis) => {
      const { head, log } = keysOf();
      const { seq, token } = await redis.hgetall(head);
      const next = Number(seq) + 1;
      const fields = ['before', seq!, 'prev', token!, 'token', 'x', 'batch', 'garbage', 'at', 1];
      await redis.xadd(log, `${next}-0`, ...fields);
      await redis.hset(head, 'seq', next, 'token', 'x');
    });
    const page = (await read(begin))!;
    expect(page.commits.map(({ user }) => user.userId)).toEqual([ANN]);
    expect(await read(page.last)).toBeUndefined();
  });

  it('does not continue through a commit of an older version', async () => {
    const [node] = nodes as [StoreNode];
    await node.connect(ANN, 's');
    const page = (await read(begin))!;
    await server.with(async (redis) => {
      const { head, log } = keysOf();
      const { seq, token } = await redis.hgetall(head);
      const [[, fields]] = (await redis.xrange(log, '-', '+')) as [[string, string[]]];
      const batch = fields[fields.indexOf('batch') + 1]!;
      const next = Number(seq) + 1;
      const older = ['before', seq!, 'prev', token!, 'token', 'x', 'batch', batch];
      await redis.xadd(log, `${next}-0`, ...older);
      await redis.hset(head, 'seq', next, 'token', 'x');
    });
    expect(await read(page.last)).toBeUndefined();
  });

  it('does not continue through the users that were written back after Redis had lost commits', async () => {
    const [node] = nodes as [StoreNode];
    const other = await startNode();
    await node.connect(ANN, 's');
    await node.connect(BOB, 't');
    const { position } = announced[1]!;
    const goBack = await server.remember(`${prefix}*`);
    await node.perform(ANN, join('s', 'lobby'));
    await goBack();
    await eventually(async () => {
      const { users } = keysOf();
      return (await server.with((redis) => redis.hget(users, ANN)))?.includes('lobby');
    }, true);
    await other.store.view.awaitCurrent();
    const third = await startNode();
    await third.connect(CAT, 'u');
    for (const { store } of nodes) {
      await store.view.awaitCurrent();
      expect(await store.history.readAfter(position, 100)).toBeUndefined();
    }
    const { position: end } = announced.at(-1)!;
    await third.perform(CAT, disconnect('u'));
    expect((await third.store.history.readAfter(end, 100))?.commits).toHaveLength(1);
  });

  it('has pages that are decoded in one slice of the event loop, whatever the limit is', async () => {
    const [node] = nodes as [StoreNode];
    const users = Array.from({ length: 7000 }, (_, i) => `many-${i}`).filter(
      (userId) => partitionOf(userId) === PARTITION,
    );
    // The store of a slow machine may be unavailable for a moment.
    const enter = (userId: string): Promise<void> =>
      eventually(() => node.connect(userId, userId).then(() => 'connected'), 'connected');
    for (let i = 0; i < users.length; i += 50) {
      await Promise.all(users.slice(i, i + 50).map(enter));
    }
    const page = (await read(begin, 1_000_000))!;
    expect(page.commits.length).toBeGreaterThanOrEqual(MAX_PAGE_COMMITS);
    expect(page.commits.length).toBeLessThan(MAX_PAGE_COMMITS + 64);
    expect(await readAll(begin, 1_000_000)).toHaveLength(users.length);
  });
});
