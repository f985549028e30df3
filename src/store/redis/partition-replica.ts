import { diffPresence } from '../../domain/presence-diff.js';
import { wakeAt } from '../../domain/deadlines.js';
import type { EndedSession } from '../../domain/session-transitions.js';
import type { Policy } from '../../domain/policy.js';
import { keepAccess, reconcile, withKnownRules } from '../../domain/reconcile.js';
import type { Step } from '../../domain/step.js';
import { isRevoked } from '../../domain/token-revocation.js';
import { isForgotten, liveSessions, newUser, type User } from '../../domain/user.js';
import type { PresenceView } from '../presence-view.js';
import { UserTable, type UserEntry } from '../user-table.js';
import { DirtyUsers } from './dirty-users.js';
import type { StoredUsers } from './load-users.js';
import {
  isSamePosition,
  positionAfter,
  revisionOf,
  type Batch,
  type LoggedCommit,
  type LogPosition,
} from './log-batch.js';
import { SessionCountByNode } from './session-count.js';

export interface ReplicaOptions {
  readonly view: PresenceView;
  readonly policy: Policy;
  /** The current node id, under which the sessions of this node are stored. */
  readonly node: () => string;
  readonly now: () => number;
  /**
   * Called with every commit after the replica has applied it, and the user before it. Undefined: the commit is older than
   * the replica.
   */
  readonly onStep: (step: Step, before: User | undefined, position: LogPosition) => void;
  /**
   * Called when the replica starts or resyncs. Listeners receive the commits after this position and none before it.
   */
  readonly onRestart: (position: LogPosition) => void;
  /**
   * Called when a user was written back of whom Redis had lost what this replica knows. Nodes that did not know it announce the
   * difference; this one has announced it before.
   */
  readonly onWrittenBack: (position: LogPosition) => void;
}

/**
 * A state that was loaded and not logged. The previous version matches no user, so the replica derives the events from
 * the difference of the states.
 */
const NOT_LOGGED: Omit<LoggedCommit, 'user'> = {
  isRepair: false,
  ...{ events: [], ended: [], previousVersion: -1 },
  ...{ occurredAt: undefined, cause: 'UNKNOWN', mayLackAccess: true },
};

const NOWHERE: LogPosition = { epoch: '', seq: 0, token: '' };

/**
 * All users of a partition, as of one position in the partition log. The replica applies only complete batches, and
 * only in order. Each batch names the token of its predecessor, so the replica does not mistake a log that was lost and
 * started again for a continuation, even if both use the same offsets.
 */
export class PartitionReplica {
  readonly census = new SessionCountByNode();
  readonly dirtyUsers = new DirtyUsers();
  readonly table: UserTable;
  /** Users with unreadable records, and the revisions of these. The next commit of such a user replaces the record. */
  private unreadable = new Map<string, string>();
  /** The number of users in the table that Redis holds as well. */
  private storedCount = 0;
  private reached = NOWHERE;
  /** See `isContinuousFrom`. */
  private continuousFrom = 0;

  constructor(private readonly options: ReplicaOptions) {
    this.table = new UserTable(options.view);
  }

  /** Whether the first load is complete. */
  get isLoaded(): boolean {
    return this.reached !== NOWHERE;
  }

  /** The position in the partition log that the replica has reached. */
  get position(): LogPosition {
    return this.reached;
  }

  /** The revision of a user in Redis, as of the position of the replica. Empty: Redis has no record. */
  revisionOf(userId: string): string {
    const unreadable = this.unreadable.get(userId);
    return unreadable ?? this.table.get(userId)?.revision ?? '';
  }

  /** Whether the replica has the state of a user that Redis stores. A user to be written back, for example, has another one. */
  holdsStored(userId: string): boolean {
    return this.entryAsStored(userId) !== undefined;
  }

  /** The number of users that Redis must hold at the position of the replica. */
  get storedUsers(): number {
    return this.storedCount + this.unreadable.size;
  }

  /**
   * Whether the events in the partition log after an offset lead from the state at the offset to the current one. They do not
   * if Redis has lost data since then: other nodes knew more, and have written it back without events.
   */
  isContinuousFrom(seq: number): boolean {
    return seq >= this.continuousFrom && this.dirtyUsers.size === 0;
  }

  get unreadableUsers(): number {
    return this.unreadable.size;
  }

  /** Applies a batch if it is the next one, and returns whether it was. `isOwn`: this node wrote the batch. */
  apply(batch: Batch, isOwn: boolean): boolean {
    if (!isSamePosition(batch.before, this.reached)) return false;
    // Decodes the complete batch before it applies the first entry.
    const entries = batch.entries(this.knownUser);
    if (batch.isLossMark) {
      this.continuousFrom = batch.after.seq;
      this.options.onRestart(batch.after);
    }
    entries.forEach((entry, nth) => {
      const { userId } = entry.user;
      const isWrittenBack = entry.isRepair && this.dirtyUsers.get(userId).isLost;
      if (this.unreadable.size > 0) this.unreadable.delete(userId);
      if (isOwn) this.dirtyUsers.delete(userId);
      if (entry.isRepair) this.continuousFrom = batch.after.seq;
      const revision = isForgotten(entry.user) ? '' : revisionOf(batch, nth);
      const position = positionAfter(batch, nth);
      this.take(entry, revision, position);
      if (isWrittenBack) this.options.onWrittenBack(position);
    });
    this.reached = batch.after;
    return true;
  }

  /** See `KnownUsers`. */
  private readonly knownUser = (userId: string): User | undefined =>
    this.entryAsStored(userId)?.user;

  /** Looks the user up once, because the lookup costs most when there are many users. */
  private entryAsStored(userId: string): UserEntry | undefined {
    const held = this.table.get(userId);
    if (held === undefined || held.revision === '') return undefined;
    return this.dirtyUsers.has(userId) || this.unreadable.has(userId) ? undefined : held;
  }

  /**
   * Loads the users stored at a position. The history supplies the events before it, as far back as the log reaches.
   */
  load({ users, unreadable }: StoredUsers, position: LogPosition, history: readonly Batch[]): void {
    this.unreadable = new Map(unreadable);
    this.options.onRestart(history[0]?.before ?? position);
    for (const batch of history) this.replay(batch);
    for (const { user, revision } of users.values()) {
      const before = newUser(user.userId);
      this.census.count(before, user);
      const due = wakeAt(user, this.options.policy);
      const held = this.table.upsert(undefined, before, user, due);
      this.setRevision(held, revision);
    }
    this.reached = position;
  }

  /**
   * Loads the stored users again after the replica could not follow the log. Listeners get only the differences to the
   * previous state. Where the replica knows more than Redis, it keeps its state and marks the user for write-back.
   */
  restart({ users, unreadable }: StoredUsers, position: LogPosition): void {
    // The numbers of another epoch say nothing about those of this one.
    if (position.epoch !== this.reached.epoch) this.continuousFrom = 0;
    this.reached = position;
    this.unreadable = new Map(unreadable);
    this.options.onRestart(position);
    const gone: string[] = [];
    for (const { userId } of this.table.all()) if (!users.has(userId)) gone.push(userId);
    for (const { user, revision } of users.values()) this.mergeStored(user, revision);
    for (const userId of gone) this.mergeStored(newUser(userId), '');
  }

  private setRevision(held: UserEntry, revision: string): void {
    this.storedCount += Number(revision !== '') - Number(held.revision !== '');
    held.revision = revision;
  }

  private replay(batch: Batch): void {
    batch.entries().forEach(({ user, occurredAt, cause, events, ended, isRepair }, nth) => {
      const position = positionAfter(batch, nth);
      if (isRepair) this.continuousFrom = batch.after.seq;
      // No viewer sees a difference.
      if (occurredAt === undefined) return;
      const step = { user, occurredAt, cause, events, ended, wakeAt: undefined };
      this.options.onStep(step, undefined, position);
    });
  }

  private mergeStored(user: User, revision: string): void {
    const { userId } = user;
    const known = this.table.get(userId)?.revision ?? '';
    if (known === revision && !this.dirtyUsers.has(userId)) return;
    this.dirtyUsers.mark(userId, { isLost: true });
    this.take({ ...NOT_LOGGED, user }, revision, this.reached);
  }

  private take(entry: LoggedCommit, revision: string, position: LogPosition): void {
    const { userId } = entry.user;
    const held = this.table.get(userId);
    const before = entry.before ?? held?.user ?? newUser(userId);
    const stored = this.complete(before, entry);
    const user = this.resolve(before, stored, entry.ended);
    const isAsLogged = user === stored && before.shown.version === entry.previousVersion;
    const step = isAsLogged ? this.loggedStep(user, entry) : this.difference(before, user);
    this.census.count(before, user);
    this.setRevision(this.table.upsert(held, before, user, step.wakeAt), revision);
    if (isForgotten(user)) this.table.evict(user.userId, undefined);
    this.options.onStep(step, before, position);
  }

  /** The stored user, with what a node of an older version has dropped from the record. */
  private complete(before: User, { user: stored, mayLackAccess }: LoggedCommit): User {
    const user = withKnownRules(before, stored);
    // A node that has just started can have loaded the incomplete record, and build on it.
    const { isDropped: wasDropped } = this.dirtyUsers.get(stored.userId);
    if (!mayLackAccess && !wasDropped) return user;
    const complete = keepAccess(before, user, this.options.now());
    const isDropped = complete !== user;
    if (isDropped)
      this.dirtyUsers.mark(stored.userId, { isDropped, isOurs: this.isOurs(complete) });
    else if (wasDropped) this.dirtyUsers.mark(stored.userId, { isDropped });
    return complete;
  }

  /** The stored user, or a merge with the known one if Redis has lost part of it. */
  private resolve(before: User, stored: User, ended: readonly EndedSession[]): User {
    const { userId } = stored;
    if (isOlder(stored, before)) this.dirtyUsers.mark(userId, { isLost: true });
    // The stored user here includes the facts that a node of an older version has dropped.
    if (!this.dirtyUsers.get(userId).isLost) return stored;
    const { node, now, policy } = this.options;
    const user = reconcile(without(before, ended), stored, node(), now(), policy);
    if (user === stored) this.dirtyUsers.mark(userId, { isLost: false });
    // A session of this node that has ended but is still stored needs a write by this node, like one that Redis has
    // lost.
    else if (this.isOurs(before) || this.isOurs(stored))
      this.dirtyUsers.mark(userId, { isOurs: true });
    return user;
  }

  private isOurs({ sessions }: User): boolean {
    return sessions.some((session) => session.node === this.options.node());
  }

  private loggedStep(user: User, { occurredAt, cause, events, ended }: LoggedCommit): Step {
    const { now, policy } = this.options;
    const [at, next] = [occurredAt ?? now(), wakeAt(user, policy)];
    return { user, occurredAt: at, cause, events, ended, wakeAt: next };
  }

  private difference(before: User, user: User): Step {
    const { now, policy } = this.options;
    const [occurredAt, cause] = [now(), 'UNKNOWN'] as const;
    return {
      ...{ user, occurredAt, cause },
      events: diffPresence(before.shown, user.shown, occurredAt, cause),
      ended: missingIn(user, before),
      wakeAt: wakeAt(user, policy),
    };
  }
}

/**
 * Whether Redis holds an older state than the replica. That happens if Redis lost the newer one, and a node that had not
 * seen it wrote the older one back.
 */
function isOlder(stored: User, known: User): boolean {
  return !isForgotten(stored) && stored.own.version < known.own.version;
}

/** The user without the sessions that were ended deliberately. Redis did not lose those. */
function without(user: User, ended: readonly EndedSession[]): User {
  const gone = ended.filter(({ cause }) => cause !== 'NODE_LOST');
  if (gone.length === 0) return user;
  const isLeft = (id: string): boolean => gone.every(({ sessionId }) => sessionId !== id);
  return { ...user, sessions: user.sessions.filter(({ sessionId }) => isLeft(sessionId)) };
}

/** Live sessions that are missing after the change. Their absence is the only sign that they ended. */
function missingIn(after: User, before: User): readonly EndedSession[] {
  const { tokensValidFrom } = after.accessRules;
  const live = new Set(liveSessions(after).map(({ sessionId }) => sessionId));
  return liveSessions(before)
    .filter(({ sessionId }) => !live.has(sessionId))
    .map(({ sessionId, tokenIssuedAt }) => ({
      sessionId,
      cause: isRevoked(tokenIssuedAt, tokensValidFrom) ? 'TOKEN_REVOKED' : 'NODE_LOST',
    }));
}
