import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { connect, given, join, joinToo, mute, POLICY } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { step } from '../../domain/step.js';
import type { User } from '../../domain/user.js';
import { decodeMessage, encodeCommit, type LoggedCommit } from './log-batch.js';
import { scripts, type Script } from './script.js';

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

  it('makes few strings from a commit', async () => {
    const before = online();
    const made = step(before, mute(SESSION, { microphone: true }), NOW + 2000, POLICY);
    const [record, rest] = encodeCommit(before, made);
    const size = 10;
    const users = Array.from({ length: size }, (_, i) => `user-${i}`);
    const [keys, channel] = [['head', 'nodes', 'users', 'log'], 'channel'];
    const reply = await server.with(async (redis) => {
      await redis.hset('head', { epoch: 'epoch', seq: '7', token: 'before' });
      await redis.hset('nodes', { node: '0|0|0|||' });
      for (const userId of users) await redis.hset('users', userId, `1.t|${record}`);
      // Lua keeps equal strings once.
      const commits = users.flatMap((userId, i) => [userId, '1.t', record, `${rest}${i}`]);
      const batch = ['node', 1, 7, 'before', 'token', NOW, channel, ...commits];
      return redis.eval(measured(scripts.commit), keys.length, ...keys, ...batch);
    });
    const [status, bytes] = reply as [string, number];
    expect(status).toBe('OK');
    // The stored record, the new one, and the log entry and the message with the record and the events.
    const strings = 2 * record.length + 2 * (record.length + rest.length);
    expect(bytes / size).toBeLessThan(1.2 * strings);
  });
});

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
    for (let i = 0; i < 2; i++) nodes.push(await StoreNode.start(server.url, 'cost:'));
    const [one, other] = nodes;
    await one!.connect('ann', 's');
    await other!.store.view.awaitCurrent();
    const parse = vi.spyOn(JSON, 'parse');
    const channels = Array.from({ length: 10 }, (_, i) => `channel-${i}`);
    for (const channelId of channels) await one!.perform('ann', join('s', channelId));
    await eventually(() => other!.store.view.presence('ann').channelId, channels.at(-1));
    const batches = parse.mock.calls.filter(([text]) => String(text).startsWith('[['));
    expect(batches).toHaveLength(channels.length);
  });
});
