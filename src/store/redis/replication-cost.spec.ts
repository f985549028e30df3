import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import {
  connect,
  disconnect,
  given,
  join,
  joinToo,
  mute,
  POLICY,
} from '../../../test/support/play.js';
import { OlderNode } from '../../../test/support/older-node.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { step } from '../../domain/step.js';
import type { User } from '../../domain/user.js';
import { commitArguments } from './commit-call.js';
import { decodeMessage, encodeChange, encodeCommit, type LoggedCommit } from './log-batch.js';
import { Keys, partitionOf } from './keys.js';
import { RedisClient } from './redis-client.js';
import { scripts, type Script } from './script.js';
import { formatUser } from './user-record.codec.js';

/** Ids and times have the lengths that they have in a service. */
const SESSION = '01890a5d-ac96-774b-bcce-b302099a8057';
const NOW = 1_790_000_000_000;

function online(): User {
  return given(
    [NOW, connect(SESSION, { node: 'AbCdEfGh', platform: 'desktop' })],
    [NOW + 1000, join(SESSION, 'channel-1234')],
  ).user;
}

/** Returns the bytes that a script allocates in Redis, which hashes all strings among them. */
function measured({ source }: Script): string {
  return `
    collectgarbage('stop')
    -- The buffer for joining strings grows once, not for each batch.
    local buffer = string.rep('x', 20000) .. ARGV[1]
    local before = collectgarbage('count')
    local function run() ${source}
    end
    local reply = run()
    local bytes = (collectgarbage('count') - before) * 1024
    collectgarbage('restart')
    return {reply[1], bytes}`;
}

/** Decodes a commit as another node does, which has the user in the state before. */
function decoded(record: string, rest: string, before: User): LoggedCommit {
  const [commit] = decodeMessage(`e|1|2|a|b|[[${record},${rest}]]`)!.entries(() => before);
  return commit!;
}

describe('A commit of a user with one session and one channel', () => {
  const before = online();
  const made = step(before, mute(SESSION, { microphone: true }), NOW + 2000, POLICY);
  const [record, rest] = encodeCommit(before, made);

  it('has a record and a log entry of limited size', () => {
    expect(record.length).toBeLessThanOrEqual(352);
    expect(rest.length).toBeLessThanOrEqual(190);
  });

  it('has a message of limited size', () => {
    expect(encodeChange(before, made)!.length).toBeLessThanOrEqual(80);
  });

  it('leaves out what nearly no user has', () => {
    expect(record.match(/null/g)!.length).toBeLessThanOrEqual(10);
    expect(rest).not.toContain('moderator');
  });

  it('is decoded into the same objects as before where they are equal', () => {
    const first = given(
      [NOW, connect(SESSION, { token: { groups: ['a', 'b'], issuedAt: 1, mayJoin: undefined } })],
      [NOW + 1, joinToo(SESSION, 'one')],
      [NOW + 2, joinToo(SESSION, 'two')],
    ).user;
    const next = step(first, mute(SESSION, { microphone: true }), NOW + 3, POLICY);
    const { user } = decoded(...encodeCommit(first, next), first);
    expect(user).toEqual(next.user);
    expect(user.shown.otherChannelIds).toBe(first.shown.otherChannelIds);
    expect(user.shown.platforms).toBe(first.shown.platforms);
    expect(user.sessions[0]!.groups).toBe(first.sessions[0]!.groups);
    expect(user.sessions[0]!.terms).toBe(first.sessions[0]!.terms);
  });
});

describe('The script that writes a batch', () => {
  let server: RedisServer;
  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(() => server.stop());

  const size = 10;
  const KEYS = ['head', 'nodes', 'users', 'log'];

  /** Returns the bytes that the script allocates for each commit of a batch. `seq`: the offset that the node has reached. */
  async function bytesPerCommit(seq: number): Promise<number> {
    const commits = Array.from({ length: size }, (_, i) => {
      const userId = `user-${i}`;
      const before = { ...online(), userId };
      const made = step(before, mute(SESSION, { microphone: true }), NOW + 2000, POLICY);
      return { before, step: made, isRepair: false };
    });
    const call = { node: 'node', number: 1, token: 'token', now: NOW, channel: 'channel' };
    const batch = commitArguments(commits, {
      ...call,
      position: { epoch: 'epoch', seq, token: 'before' },
      storedUsers: size,
      revisions: commits.map(() => '1.t'),
      holdsStored: () => true,
      publishesChanges: true,
    });
    const reply = await server.with(async (redis) => {
      await redis.flushall();
      await redis.hset('head', { epoch: 'epoch', seq: '7', token: 'before' });
      await redis.hset('nodes', { node: '0|0|0|||' });
      for (const { before } of commits)
        await redis.hset('users', before.userId, `1.t|${formatUser(before)}`);
      return redis.eval(measured(scripts.commit), KEYS.length, ...KEYS, ...batch);
    });
    const [status, bytes] = reply as [string, number];
    expect(status).toBe('OK');
    return bytes / size;
  }

  it('makes nearly no string from a commit if the node has read the complete log', async () => {
    expect(await bytesPerCommit(7)).toBeLessThan(300);
  });

  it('reads and writes only the record of a user if another node has committed since', async () => {
    const before = online();
    const made = step(before, mute(SESSION, { microphone: true }), NOW + 2000, POLICY);
    const [record] = encodeCommit(before, made);
    // The stored record, the new one without and with its revision.
    expect(await bytesPerCommit(6)).toBeLessThan(3 * record.length + 500);
  });
});

const PREFIX = 'cost:';

const CHANNEL = new Keys(PREFIX).partitions[partitionOf('ann')]!.channel;

/** Whether a text is the batch of a message or of a log entry with a commit of ann. */
function isBatch(text: string): boolean {
  return text.startsWith('[[') && text.includes('"ann"');
}

describe('A commit on two nodes', () => {
  let server: RedisServer;
  const nodes: StoreNode[] = [];
  beforeAll(async () => void (server = await RedisServer.start()));
  afterEach(async () => {
    vi.restoreAllMocks();
    await Promise.all(nodes.splice(0).map((node) => node.stop()));
  });
  afterAll(() => server.stop());

  it('is decoded once for each batch, and not on the node that made it', async () => {
    const one = await startNode();
    const other = await startNode();
    await one.connect('ann', 's');
    await other.store.view.awaitCurrent();
    await publishesChanges(one);
    const parse = vi.spyOn(JSON, 'parse');
    const channels = Array.from({ length: 10 }, (_, i) => `channel-${i}`);
    for (const channelId of channels) await one.perform('ann', join('s', channelId));
    await eventually(() => other.store.view.presence('ann').channelId, channels.at(-1));
    const batches = parse.mock.calls.map(([text]) => String(text)).filter(isBatch);
    expect(batches).toHaveLength(channels.length);
    for (const batch of batches) expect(batch.length).toBeLessThan(150);
  });

  it('is published as a record as long as a node of an earlier release is alive', async () => {
    const one = await startNode();
    await publishesChanges(one);
    await one.connect('ann', 's');
    const older = new OlderNode(server, PREFIX);
    const messages: string[] = [];
    await server.with(async (redis) => {
      redis.on('smessage', (_, message: string) => messages.push(message));
      await redis.ssubscribe(CHANNEL);
      const publishes = async (): Promise<string> => {
        await older.heartbeat();
        await one.perform('ann', join('s', `channel-${messages.length}`));
        return messages.at(-1)!.startsWith('|2|') ? 'changes' : 'records';
      };
      await eventually(publishes, 'records');
    });
  });

  /** Waits until a node knows that all nodes read changes. */
  async function publishesChanges(node: StoreNode): Promise<void> {
    const publish = vi.spyOn(RedisClient.prototype, 'run');
    const published = async (): Promise<boolean> => {
      publish.mockClear();
      await node.perform('bob', connect('b', { node: node.store.status.node }));
      await node.perform('bob', disconnect('b'));
      const calls = publish.mock.calls.filter(([script]) => script === scripts.commit);
      return calls.some(([, , args]) => args[10] !== '');
    };
    await eventually(published, true);
    publish.mockRestore();
  }

  async function startNode(): Promise<StoreNode> {
    const node = await StoreNode.start(server.url, PREFIX);
    nodes.push(node);
    return node;
  }
});
