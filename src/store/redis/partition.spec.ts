import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { choose, connect, disconnect, POLICY } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { redisUrl } from '../../config/redis-url.js';
import type { Input } from '../../domain/input.js';
import { step } from '../../domain/step.js';
import { newUser } from '../../domain/user.js';
import { endOfIteration } from '../../timers/end-of-iteration.js';
import { PresenceView } from '../presence-view.js';
import { Keys } from './keys.js';
import { loadUsers } from './load-users.js';
import { Partition } from './partition.js';
import type { ResyncReason } from './resync-reason.js';
import { RedisClient } from './redis-client.js';

let spaces = 0;
let tokens = 0;

describe('A partition', () => {
  let server: RedisServer;
  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(() => server.stop());

  let keys: Keys;
  let nodes: TestNode[];
  beforeEach(() => {
    keys = new Keys(`partition-${spaces++}:`);
    nodes = [];
  });
  afterEach(() => nodes.forEach(({ close }) => close()));

  interface TestNode {
    readonly partition: Partition;
    readonly port: RedisClient;
    /** The reasons of its resyncs. */
    readonly losses: readonly ResyncReason[];
    /** The number of messages that it missed. */
    readonly gaps: () => number;
    readonly close: () => void;
  }

  /** Starts a node that learns of other commits only from the log, because it has no subscription. */
  async function startNode(name: string): Promise<TestNode> {
    const port = RedisClient.open(redisUrl.read(server.url)!, () => {});
    await port.ready(5000);
    const losses: ResyncReason[] = [];
    let gaps = 0;
    const view = new PresenceView(
      () => partition.replica.table,
      async () => {},
    );
    const partition: Partition = new Partition({
      ...{ port, keys: keys.partitions[0]!, view, policy: POLICY },
      logSize: 1000,
      timeoutMs: 3_600_000,
      pace: { turn: endOfIteration },
      node: () => name,
      now: () => Date.now(),
      publishesChanges: () => true,
      randomToken: () => `token ${tokens++}`,
      onStep: () => {},
      onRestart: () => {},
      onWrittenBack: () => {},
      onGap: () => void gaps++,
      onFenced: () => {},
      onKeyLost: () => {},
      onUnreadable: () => {},
      onError: () => {},
      onLoss: (cause) => losses.push(cause),
    });
    const close = (): void => {
      partition.close();
      port.close();
    };
    const node = { partition, port, losses, gaps: () => gaps, close };
    nodes.push(node);
    await partition.reader.recover('start');
    return node;
  }

  function perform({ partition }: TestNode, userId: string, input: Input): Promise<unknown> {
    return partition.update(userId, (user) => step(user, input, Date.now(), POLICY));
  }

  function sessionsOf({ partition }: TestNode, userId: string): readonly string[] {
    return partition.replica.table.find(userId).sessions.map(({ sessionId }) => sessionId);
  }

  /** Resolves after a requested update was sent to Redis and before Redis can reply. */
  const isUnderWay = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('is followed by reading its log if no message arrives', async () => {
    const [writer, reader] = [await startNode('a'), await startNode('b')];
    for (let i = 0; i < 3; i++) {
      await perform(writer, 'ann', connect(`s${i}`));
      await reader.partition.reader.awaitCurrent();
      expect(sessionsOf(reader, 'ann')).toEqual(sessionsOf(writer, 'ann'));
      expect(reader.partition.replica.position).toEqual(writer.partition.replica.position);
    }
    expect(reader.losses).toEqual(['start']);
    expect(reader.gaps()).toBe(3);
  });

  it('is not read from its log if the messages arrive after the head was read', async () => {
    const [writer, reader] = [await startNode('a'), await startNode('b')];
    const messages: string[] = [];
    await reader.port.subscribe([keys.partitions[0]!.channel], (_, message) =>
      messages.push(message),
    );
    for (let i = 0; i < 3; i++) await perform(writer, 'ann', connect(`s${i}`));
    await eventually(() => messages.length, 3);
    const log = vi.spyOn(reader.port, 'logged');
    const head = vi.spyOn(reader.port, 'head');
    const current = reader.partition.reader.awaitCurrent();
    await head.mock.results[0]!.value;
    for (const message of messages) {
      await isUnderWay();
      reader.partition.receive(message);
    }
    await current;
    expect(sessionsOf(reader, 'ann')).toEqual(sessionsOf(writer, 'ann'));
    expect(log).not.toHaveBeenCalled();
    expect(reader.gaps()).toBe(0);
  });

  it('is read from its log if a message has only the changes of a user that the node must write back', async () => {
    const [writer, reader] = [await startNode('a'), await startNode('b')];
    await perform(writer, 'ann', connect('s'));
    await reader.partition.reader.awaitCurrent();
    const messages: string[] = [];
    await reader.port.subscribe([keys.partitions[0]!.channel], (_, message) =>
      messages.push(message),
    );
    await perform(writer, 'ann', choose('s', 'AWAY'));
    await eventually(() => messages.length, 1);
    expect(messages[0]).toMatch(/^\|2\|/);
    reader.partition.replica.dirtyUsers.mark('ann', { isLost: true });
    const log = vi.spyOn(reader.port, 'logged');
    reader.partition.receive(messages[0]!);
    await reader.partition.reader.reached(writer.partition.replica.position.seq);
    expect(log).toHaveBeenCalled();
    expect(reader.partition.replica.table.find('ann').choice).toBe('AWAY');
    expect(reader.losses).toEqual(['start']);
  });

  it('is written with the same number of Redis commands for one user and for a full batch', async () => {
    const node = await startNode('a');
    const callsOf = async (work: () => Promise<unknown>): Promise<unknown> => {
      const before = await commandCalls(node.port);
      await work();
      const after = await commandCalls(node.port);
      const names = ['evalsha', 'hget', 'hmget', 'hset', 'hdel', 'xadd', 'spublish'];
      return names.map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)]);
    };
    await perform(node, 'ann', connect('s'));
    const one = await callsOf(() => perform(node, 'bob', connect('b')));
    const users = Array.from({ length: 64 }, (_, i) => `user-${i}`);
    const full = await callsOf(() =>
      Promise.all(users.map((userId) => perform(node, userId, connect(`session of ${userId}`)))),
    );
    expect(full).toEqual(one);
  });

  it('writes all updates of one iteration of the event loop in one batch', async () => {
    const node = await startNode('a');
    const before = await commandCalls(node.port);
    // The calls of clients come in several callbacks.
    const performed = ['ann', 'bob', 'cy', 'dan'].map(async (userId, nth) => {
      for (let i = 0; i < nth; i++) await new Promise<void>((done) => process.nextTick(done));
      await perform(node, userId, connect(`session of ${userId}`));
    });
    await Promise.all(performed);
    const after = await commandCalls(node.port);
    expect(after.get('xadd')! - (before.get('xadd') ?? 0)).toBe(1);
  });

  it('accepts commands of nodes in turns if only the log connects them', async () => {
    const both = [await startNode('a'), await startNode('b')];
    await perform(both[0]!, 'ann', connect('s'));
    for (let i = 0; i < 10; i++) {
      await perform(both[i % 2]!, 'ann', choose('s', 'AWAY', { text: `${i}` }));
    }
    for (const node of both) {
      await node.partition.reader.awaitCurrent();
      expect(node.partition.replica.table.find('ann').statusText).toBe('9');
      expect(node.losses).toEqual(['start']);
    }
  });

  it('keeps the end of a session that was being committed when the replica began anew', async () => {
    const node = await startNode('a');
    const other = await startNode('b');
    await perform(node, 'ann', connect('s', { node: 'a' }));
    const ended = perform(node, 'ann', disconnect('s'));
    await isUnderWay();
    await node.partition.reader.recover('log_gap');
    await ended;
    expect(sessionsOf(node, 'ann')).toEqual([]);
    await other.partition.reader.awaitCurrent();
    expect(sessionsOf(other, 'ann')).toEqual([]);
  });

  it('keeps a session whose beginning was being committed when the replica began anew', async () => {
    const node = await startNode('a');
    const other = await startNode('b');
    const begun = perform(node, 'ann', connect('s', { node: 'a' }));
    await isUnderWay();
    await node.partition.reader.recover('log_gap');
    await begun;
    expect(sessionsOf(node, 'ann')).toEqual(['s']);
    await other.partition.reader.awaitCurrent();
    expect(sessionsOf(other, 'ann')).toEqual(['s']);
  });

  it('does not repeat an update that has already failed with STORE_UNAVAILABLE', async () => {
    const { partition } = await startNode('a');
    let times = 0;
    const begun = partition.update('ann', (user) => {
      times++;
      return step(user, connect('s', { node: 'a' }), Date.now(), POLICY);
    });
    const refused = expect(begun).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    await isUnderWay();
    partition.writer.failTimedOut(Infinity);
    await partition.reader.recover('log_gap');
    await partition.writer.idle();
    await refused;
    expect(times).toBe(1);
  });

  it('is loaded without the users who were evicted meanwhile', async () => {
    const node = await startNode('a');
    const { partition, port } = node;
    await perform(node, 'ann', connect('s'));
    const head = partition.replica.position;
    await perform(node, 'ann', disconnect('s'));
    const user = newUser('ann');
    await partition.update('ann', () => ({
      user,
      occurredAt: 0,
      cause: 'UNKNOWN',
      events: [],
      ended: [],
      wakeAt: undefined,
    }));
    const { users, position } = await loadUsers(port, partition.keys, head);
    expect([...users.keys()]).toEqual([]);
    expect(position).toEqual(partition.replica.position);
  });

  it('continues numbering its batches after a resync of the replica while a batch is in flight', async () => {
    const node = await startNode('a');
    for (let i = 0; i < 5; i++) {
      const begun = perform(node, `user ${i}`, connect(`s${i}`, { node: 'a' }));
      await isUnderWay();
      await node.partition.reader.recover('log_gap');
      await begun;
    }
    expect(node.losses).not.toContain('own_batches_lost');
    for (let i = 0; i < 5; i++) expect(sessionsOf(node, `user ${i}`)).toEqual([`s${i}`]);
  });
});

/** The number of calls of each Redis command so far. */
async function commandCalls(port: RedisClient): Promise<ReadonlyMap<string, number>> {
  const [stats] = await port.info('commandstats');
  return new Map(
    [...stats!].map(([name, text]) => [
      name.replace('cmdstat_', ''),
      Number(/calls=(\d+)/.exec(text)?.[1]),
    ]),
  );
}
