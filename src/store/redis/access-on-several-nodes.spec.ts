import { isDeepStrictEqual } from 'node:util';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { OlderNode } from '../../../test/support/older-node.js';
import { connect, disconnect, join, POLICY } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { silentStep } from '../../../test/support/silent-step.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { currentlyHiddenFrom } from '../../domain/access-rules.js';
import { offlineFrom, unknownPresence } from '../../domain/presence.js';
import { step, type Step } from '../../domain/step.js';
import { newUser, type User } from '../../domain/user.js';
import { unrestrictedViewer } from '../../domain/viewer.js';
import type { Commit } from '../presence-store.js';
import { Keys, partitionOf, PARTITIONS } from './keys.js';
import type { RedisStoreOptions } from './redis-store-options.js';

// This test causes faults deliberately.
Logger.overrideLogger(false);

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.stop());

const PREFIX = 'access:';

const { users: USERS, log: LOG } = new Keys(PREFIX).partitions[partitionOf('alice')]!;

/** Another user in the partition of alice. */
const NEIGHBOR = Array.from({ length: 1000 }, (_, i) => `user-${i}`).find(
  (userId) => partitionOf(userId) === partitionOf('alice'),
)!;

const token = { groups: ['acme'], issuedAt: 1000, mayJoin: undefined, joinRights: 'digest' };

let nodes: StoreNode[];
beforeEach(async () => {
  await server.with((redis) => redis.flushall());
  nodes = [];
});
afterEach(() => Promise.all(nodes.map((node) => node.stop())));

async function startNode(options: Partial<RedisStoreOptions> = {}): Promise<StoreNode> {
  const node = await StoreNode.start(server.url, PREFIX, options);
  nodes.push(node);
  return node;
}

function connectOn(node: StoreNode): Promise<unknown> {
  return node.perform('alice', connect('a', { node: node.store.status.node, token }));
}

/** Hides alice from bob, and revokes tokens. */
function restrict(node: StoreNode): Promise<unknown> {
  return node.store.update('alice', (user) => {
    const version = user.own.version + 1;
    const presence = offlineFrom(user.shown, version);
    const hiding = { presence, endedAt: undefined, endedVersion: 0 };
    const accessRules = { hiddenFrom: new Map([['bob', hiding]]), tokensValidFrom: 5 };
    return silentStep(user, { accessRules, choiceVersions: { hiding: version } }, 1500);
  });
}

async function knownOn({ store }: StoreNode): Promise<User> {
  return store.get({ userId: 'alice' });
}

function storedRecord(): Promise<string | null> {
  return server.with((redis) => redis.hget(USERS, 'alice'));
}

/** The part of a user that older versions do not know. */
function accessOf({ sessions, accessRules, choiceVersions }: User): unknown {
  return {
    groups: sessions.map(({ groups }) => [...groups]),
    issuedAt: sessions.map(({ tokenIssuedAt }) => tokenIssuedAt),
    joinRights: sessions.map(({ joinRights }) => joinRights),
    hidden: [...accessRules.hiddenFrom],
    tokensValidFrom: accessRules.tokensValidFrom,
    hiding: choiceVersions.hiding,
  };
}

describe('Groups, access rules and the issue times of tokens', () => {
  it('reach other nodes, with the state before, when they changed and why', async () => {
    const [a, b] = [await startNode(), await startNode()];
    await connectOn(a);
    const before = await knownOn(b);
    const commits: Commit[] = [];
    b.store.commits.subscribe((commit) => commits.push(commit));
    await restrict(a);
    expect(await knownOn(b)).toEqual(await knownOn(a));
    expect(commits).toMatchObject([
      { events: [], occurredAt: 1500, cause: 'REQUESTED', user: await knownOn(a) },
    ]);
    expect(commits[0]!.before).toEqual(before);
    expect(accessOf(before)).toMatchObject({
      ...{ groups: [['acme']], issuedAt: [1000], joinRights: ['digest'] },
    });
  });

  it('reach a node that missed the commit and its log entry', async () => {
    const [a, b] = [await startNode(), await startNode()];
    await connectOn(a);
    const before = await knownOn(b);
    const commits: Commit[] = [];
    b.store.commits.subscribe((commit) => commits.push(commit));
    await server.with(async (redis) => {
      await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await restrict(a);
      await redis.del(LOG);
    });
    await eventually(async () => accessOf(await knownOn(b)), accessOf(await knownOn(a)));
    expect(b.store.status.metrics().resyncs).toMatchObject({ log_gap: 1 });
    expect(commits.filter(({ before: each }) => isDeepStrictEqual(each, before))).toMatchObject([
      { events: [], cause: 'UNKNOWN' },
    ]);
  });

  it('outlast a restart of all nodes', async () => {
    const a = await startNode();
    await connectOn(a);
    await restrict(a);
    const known = await knownOn(a);
    await a.stop();
    expect(accessOf(await knownOn(await startNode()))).toEqual(accessOf(known));
  });

  it('are written back to a Redis that has been emptied', async () => {
    const [a, b] = [await startNode(), await startNode()];
    await connectOn(a);
    await restrict(a);
    const known = await knownOn(b);
    await server.with((redis) => redis.flushall());
    await eventually(async () => (await storedRecord()) !== null, true);
    expect(accessOf(await knownOn(await startNode()))).toEqual(accessOf(known));
  });

  it('are written back also for a user of whom nothing else is known', async () => {
    const a = await startNode();
    await restrict(a);
    const { accessRules } = await knownOn(a);
    await server.with((redis) => redis.flushall());
    await eventually(async () => (await storedRecord()) !== null, true);
    expect((await knownOn(await startNode())).accessRules).toEqual(accessRules);
  });
});

describe('The eviction of a user who hides', () => {
  it('keeps that the user hides, and nothing that others saw', async () => {
    // One user in each partition.
    const limit = { maxOfflineUsers: PARTITIONS };
    const [a, b] = [await startNode(limit), await startNode(limit)];
    const bob = unrestrictedViewer('bob');
    await connectOn(a);
    await a.perform('alice', { type: 'hideFrom', userIds: ['bob'] });
    await a.perform('alice', disconnect('a'));
    await a.perform(NEIGHBOR, connect('n', { node: a.store.status.node }));
    await a.perform(NEIGHBOR, disconnect('n'));
    await eventually(async () => (await knownOn(b)).shown, unknownPresence('alice'));
    expect(currentlyHiddenFrom((await knownOn(b)).accessRules)).toEqual(['bob']);
    expect(b.store.view.for(bob).presence('alice')).toEqual(unknownPresence('alice'));
    await connectOn(b);
    expect(await a.status('alice')).toBe('ONLINE');
    expect(a.store.view.for(bob).presence('alice')).toEqual(unknownPresence('alice'));
  });
});

describe('A node of the version before access', () => {
  it('does not undo access rules and groups: nodes of this version put them back', async () => {
    const [a, b] = [await startNode(), await startNode()];
    await connectOn(a);
    await restrict(a);
    const known = accessOf(await knownOn(b));
    const older = new OlderNode(server, PREFIX);
    await older.update('alice', (user) => step(user, join('a', 'lobby'), Date.now(), POLICY));
    for (const node of [a, b]) {
      expect(accessOf(await knownOn(node))).toEqual(known);
      expect(node.eventLines.at(-1)).toBe('alice USER_CHANNEL_CHANGED REQUESTED');
    }
    await eventually(async () => (await storedRecord())?.includes('bob'), true);
    expect(accessOf(await knownOn(await startNode()))).toEqual(known);
  });

  it('does not undo them if it is the owner of their partition', async () => {
    const a = await startNode();
    // The session is on no node that would write the user back at once.
    await a.perform('alice', connect('a', { node: 'another', token }));
    await restrict(a);
    const older = new OlderNode(server, PREFIX);
    older.becomeOwner('alice', [a.store.status.node]);
    await older.heartbeat();
    await eventually(() => a.store.status.metrics().nodes, 2);
    const change = (user: User): Step => step(user, join('a', 'lobby'), Date.now(), POLICY);
    await older.update('alice', change);
    await eventually(async () => {
      await older.heartbeat();
      return (await storedRecord())?.includes('bob');
    }, true);
  });

  it('does not undo them if it evicts the user', async () => {
    const a = await startNode();
    await connectOn(a);
    await restrict(a);
    await a.perform('alice', disconnect('a'));
    const { accessRules } = await knownOn(a);
    const older = new OlderNode(server, PREFIX);
    await older.update('alice', (user) => silentStep(newUser(user.userId), {}, 0));
    await eventually(async () => (await storedRecord())?.includes('bob'), true);
    expect((await knownOn(a)).accessRules).toEqual(accessRules);
  });
});
