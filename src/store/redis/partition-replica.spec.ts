import { describe, expect, it } from 'vitest';
import {
  connect,
  continueWith,
  disconnect,
  given,
  join,
  POLICY,
} from '../../../test/support/play.js';
import { silentStep } from '../../../test/support/silent-step.js';
import { HIDDEN_FROM_NOBODY, type Hidings } from '../../domain/access-rules.js';
import { offlineFrom } from '../../domain/presence.js';
import { step, type Step } from '../../domain/step.js';
import { newUser, type User } from '../../domain/user.js';
import { PresenceView } from '../presence-view.js';
import { decodeMessage, encodeCommit, type Batch, type LogPosition } from './log-batch.js';
import { PartitionReplica } from './partition-replica.js';

const NOW = 3000;

const at = (seq: number): LogPosition => ({ epoch: 'e', seq, token: `t${seq}` });

interface Emitted extends Step {
  readonly before: User | undefined;
}

/** A replica, and the steps that its listeners received. */
function newReplica(): { readonly replica: PartitionReplica; readonly emitted: Emitted[] } {
  const emitted: Emitted[] = [];
  const view: PresenceView = new PresenceView(
    () => replica.table,
    async () => {},
  );
  const replica: PartitionReplica = new PartitionReplica({
    ...{ view, policy: POLICY, node: () => 'n2', now: () => NOW },
    onStep: (made, before) => emitted.push({ ...made, before }),
    onRestart: () => {},
    onWrittenBack: () => {},
  });
  return { replica, emitted };
}

function loaded(): ReturnType<typeof newReplica> {
  const made = newReplica();
  made.replica.load({ users: new Map(), unreadable: new Map() }, at(0), []);
  return made;
}

/** A commit as another node receives it. */
function batch(seq: number, before: User, made: Step): Batch {
  const [record, rest] = encodeCommit(before, made);
  return messageOf(seq, `${record || 'null'},${rest}`);
}

/** A commit of a node of the version before access, which knows no later fields. */
function olderBatch(seq: number, before: User, made: Step): Batch {
  const sessions = made.user.sessions.map((session) => ({
    ...session,
    groups: [],
    tokenIssuedAt: undefined,
    joinRights: undefined,
  }));
  const { status, microphone, speaker, channel, moderation } = made.user.choiceVersions;
  const user: User = {
    ...made.user,
    sessions,
    ...withRules(HIDDEN_FROM_NOBODY, undefined),
    choiceVersions: { status, microphone, speaker, channel, moderation },
  };
  const [record, rest] = encodeCommit(before, { ...made, user });
  const withoutTimeAndCause = rest.slice(0, rest.lastIndexOf(','));
  return messageOf(seq, `${record || 'null'},${withoutTimeAndCause}`);
}

function messageOf(seq: number, entry: string): Batch {
  return decodeMessage(`e|${seq}|${seq + 1}|t${seq}|t${seq + 1}|[[${entry}]]`)!;
}

function withRules(
  hiddenFrom: Hidings,
  tokensValidFrom: number | undefined,
): Pick<User, 'accessRules'> {
  return { accessRules: { hiddenFrom, tokensValidFrom } };
}

// Issued after the moment of the revocations below.
const token = { groups: ['acme'], issuedAt: 6, mayJoin: undefined };
const start = step(newUser('alice'), connect('a', { token }), 1000, POLICY);
const online = start.user;
const hiding = {
  presence: offlineFrom(online.shown, 1_500_000),
  endedAt: undefined,
  endedVersion: 0,
};
const hide = silentStep(
  online,
  { ...withRules(new Map([['bob', hiding]]), undefined), choiceVersions: { hiding: 1_500_000 } },
  1500,
);
const revoke = silentStep(online, withRules(HIDDEN_FROM_NOBODY, 5000), 1500);

describe('A replica', () => {
  it('keeps its newer state of a user when a node writes an older one back, and writes it back itself', () => {
    const older = given([1000, connect('a')]).user;
    const newer = given([1000, connect('a')], [2000, join('a', 'lobby')]).user;
    const { replica, emitted } = loaded();
    for (const [seq, user] of [older, newer, older].entries())
      replica.apply(batch(seq, newUser('alice'), silentStep(user, {}, 0)), false);
    expect(emitted.map(({ user }) => user.shown.channelId ?? '-')).toEqual(['-', 'lobby', 'lobby']);
    expect(replica.table.get(older.userId)!.user.channelId).toBe('lobby');
    expect(replica.dirtyUsers.has(older.userId)).toBe(true);
  });

  it('emits with a commit the state before it, its time and its cause, also without an event', () => {
    const { replica, emitted } = loaded();
    replica.apply(batch(0, newUser('alice'), start), false);
    replica.apply(batch(1, online, hide), false);
    expect(emitted).toMatchObject([
      { before: newUser('alice'), occurredAt: 1000, cause: 'CONNECTED' },
      { before: online, user: hide.user, occurredAt: 1500, cause: 'REQUESTED', events: [] },
    ]);
  });

  it('emits of the commits before its start those that a viewer can notice, without the state before them', () => {
    const { replica, emitted } = newReplica();
    const heard = silentStep(online, {}, 1400);
    const history = [
      batch(0, newUser('alice'), start),
      batch(1, online, heard),
      batch(2, online, hide),
    ];
    replica.load({ users: new Map(), unreadable: new Map() }, at(3), history);
    expect(emitted).toMatchObject([
      { before: undefined, occurredAt: 1000, cause: 'CONNECTED' },
      { before: undefined, occurredAt: 1500, cause: 'REQUESTED', events: [] },
    ]);
  });

  it('emits after a resync the access rules and groups that it has missed', () => {
    const { replica, emitted } = loaded();
    replica.apply(batch(0, newUser('alice'), start), false);
    const stored = { user: hide.user, revision: '2.x' };
    replica.restart({ users: new Map([['alice', stored]]), unreadable: new Map() }, at(2));
    expect(emitted[1]).toMatchObject({
      ...{ before: online, occurredAt: NOW, cause: 'UNKNOWN', events: [] },
      user: hide.user,
    });
    expect(replica.dirtyUsers.size).toBe(0);
  });

  it('keeps the object of access rules that a commit leaves as they are', () => {
    const { replica, emitted } = loaded();
    replica.apply(batch(0, newUser('alice'), start), false);
    replica.apply(batch(1, online, hide), false);
    replica.apply(batch(2, hide.user, step(hide.user, join('a', 'lobby'), 1600, POLICY)), false);
    expect(emitted[2]!.user.accessRules).toBe(emitted[1]!.user.accessRules);
    expect(emitted[2]!.events.map(({ reason }) => reason)).toEqual(['REQUESTED']);
  });
});

describe('A commit of a node of the version before access', () => {
  const joined = (before: User): Step => step(before, join('a', 'lobby'), 1600, POLICY);

  it.each([
    ['a hiding', hide],
    ['a revocation', revoke],
    ['the groups of a session', silentStep(online, {}, 0)],
  ])('does not undo %s', (_, { user: before }) => {
    const { replica, emitted } = loaded();
    replica.apply(batch(0, newUser('alice'), silentStep(before, {}, 0)), false);
    const made = joined(before);
    replica.apply(olderBatch(1, before, made), false);
    expect(emitted[1]!.user).toEqual(made.user);
    // Subscribers get the events as the other node made them.
    expect(emitted[1]!.events).toEqual(made.events);
    expect(replica.dirtyUsers.has('alice')).toBe(true);
  });

  it('is corrected once, by any node', () => {
    const { replica } = loaded();
    replica.apply(batch(0, newUser('alice'), hide), false);
    replica.apply(olderBatch(1, hide.user, joined(hide.user)), false);
    const { user } = replica.table.get('alice')!;
    replica.apply(batch(2, user, silentStep(user, {}, 0)), false);
    expect(replica.dirtyUsers.size).toBe(0);
    expect(replica.table.get('alice')!.user).toEqual(user);
  });

  it('is corrected also if a node that has just started builds on it first', () => {
    const { replica } = loaded();
    replica.apply(batch(0, newUser('alice'), revoke), false);
    const joinedThere = joined(revoke.user);
    replica.apply(olderBatch(1, revoke.user, joinedThere), false);
    const incomplete = { ...joinedThere.user, ...withRules(HIDDEN_FROM_NOBODY, undefined) };
    const next = step(incomplete, join('a', 'kitchen'), 1700, POLICY);
    replica.apply(batch(2, incomplete, next), false);
    expect(replica.table.get('alice')!.user).toMatchObject({
      channelId: 'kitchen',
      accessRules: { tokensValidFrom: 5000 },
    });
    expect(replica.dirtyUsers.has('alice')).toBe(true);
  });

  it('does not evict a user with access rules', () => {
    const { replica } = loaded();
    const { user: gone } = continueWith(revoke.user, [[1600, disconnect('a')]]);
    replica.apply(batch(0, newUser('alice'), silentStep(gone, {}, 0)), false);
    replica.apply(olderBatch(1, gone, silentStep(newUser('alice'), {}, 0)), false);
    expect(replica.table.find('alice').accessRules.tokensValidFrom).toBe(5000);
    expect(replica.dirtyUsers.has('alice')).toBe(true);
  });

  it('that begins a session ends what was seen until the next session', () => {
    const { replica } = loaded();
    const { user: gone } = continueWith(hide.user, [[1600, disconnect('a')]]);
    const stopped = step(gone, { type: 'hideFrom', userIds: [] }, 1700, POLICY);
    replica.apply(batch(0, newUser('alice'), silentStep(stopped.user, {}, 0)), false);
    expect(replica.table.find('alice').accessRules.hiddenFrom.size).toBe(1);
    const begun = step(stopped.user, connect('b'), 1800, POLICY);
    replica.apply(olderBatch(1, stopped.user, begun), false);
    expect(replica.table.find('alice').accessRules.hiddenFrom.size).toBe(0);
  });

  it('can end a session that has groups', () => {
    const { replica, emitted } = loaded();
    replica.apply(batch(0, newUser('alice'), start), false);
    replica.apply(olderBatch(1, online, step(online, disconnect('a'), 1600, POLICY)), false);
    expect(emitted[1]).toMatchObject({
      user: { sessions: [] },
      events: [{ reason: 'DISCONNECTED' }],
    });
    expect(replica.dirtyUsers.size).toBe(0);
  });
});

describe('A commit of a node of this version', () => {
  it('ends a hiding and forgets a revocation', () => {
    const { replica } = loaded();
    const before = silentStep(hide.user, withRules(hide.user.accessRules.hiddenFrom, 5000), 1500);
    replica.apply(batch(0, newUser('alice'), before), false);
    const after = silentStep(
      before.user,
      { ...withRules(HIDDEN_FROM_NOBODY, undefined), choiceVersions: { hiding: 1_600_000 } },
      1600,
    );
    replica.apply(batch(1, before.user, after), false);
    expect(replica.table.get('alice')!.user).toEqual(after.user);
    expect(replica.dirtyUsers.size).toBe(0);
  });
});
