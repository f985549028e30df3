import { diffPresence } from '../../domain/presence-diff.js';
import { wakeAt } from '../../domain/deadlines.js';
import type { PresenceEvent } from '../../domain/event.js';
import type { EndedSession } from '../../domain/session-transitions.js';
import type { Policy } from '../../domain/policy.js';
import { reconcile } from '../../domain/reconcile.js';
import type { Step } from '../../domain/step.js';
import { liveSessions, newUser, type User } from '../../domain/user.js';
import type { PresenceView } from '../presence-view.js';
import { UserTable, type UserEntry } from '../user-table.js';
import { isSamePlace, revisionOf, type Batch, type Commit, type LogPosition } from './log-batch.js';
import { SessionCountByNode } from './session-count-by-node.js';

export interface ReplicaOptions {
  readonly view: PresenceView;
  readonly policy: Policy;
  /** The name under which this node's sessions are kept at the moment. */
  readonly node: () => string;
  readonly now: () => number;
  /** Told of every commit once the replica has taken it in. */
  readonly onStep: (step: Step, place: LogPosition) => void;
  /** Told that the commits behind a place are told from now on, and not those before it. */
  readonly onRestart: (place: LogPosition) => void;
}

/** The version before a change that no entry of the log tells of. */
const NOT_TOLD = -1;

const NOWHERE: LogPosition = { epoch: '', seq: 0, token: '' };

/**
 * All users of a partition as its log tells them, up to a place. Batches are taken in whole and in order only: each
 * names the token of the one before it, so that a log which was lost and begun anew is not taken for its continuation,
 * even where it numbers alike.
 */
export class PartitionReplica {
  readonly census = new SessionCountByNode();
  /**
   * Users of whom more is known here than is stored, since Redis lost it, and whether it is about sessions of this node.
   * They are to be written back.
   */
  readonly dirtyUsers = new Map<string, { readonly isOurs: boolean }>();
  readonly table: UserTable;
  /** Users whose records cannot be read, with the revisions that they are stored under. A commit writes over them. */
  private unreadable = new Map<string, string>();
  /** Users in the table that Redis holds as well. */
  private storedCount = 0;
  private reached = NOWHERE;

  constructor(private readonly options: ReplicaOptions) {
    this.table = new UserTable(options.view);
  }

  /** Whether anything has been read at all. */
  get isLoaded(): boolean {
    return this.reached !== NOWHERE;
  }

  /** How far the log has been read. */
  get place(): LogPosition {
    return this.reached;
  }

  /** What Redis holds of a user, as far as the log has been read. Empty: nothing. */
  revisionOf(userId: string): string {
    const unreadable = this.unreadable.get(userId);
    return unreadable ?? this.table.get(userId)?.revision ?? '';
  }

  /** How many users Redis must hold at this place. */
  get storedUsers(): number {
    return this.storedCount + this.unreadable.size;
  }

  get unreadableUsers(): number {
    return this.unreadable.size;
  }

  /** Takes a batch in if it is the next one. Returns whether it was. `isOwn`: this node has written it. */
  apply(batch: Batch, isOwn: boolean): boolean {
    if (!isSamePlace(batch.before, this.reached)) return false;
    // All of it is read before any of it is taken in.
    batch.entries().forEach((entry, nth) => {
      const { userId } = entry.user;
      this.unreadable.delete(userId);
      if (isOwn) this.dirtyUsers.delete(userId);
      const revision = isForgotten(entry.user) ? '' : revisionOf(batch, nth);
      this.take(entry, revision, { ...batch.after, seq: batch.before.seq + nth + 1 });
    });
    this.reached = batch.after;
    return true;
  }

  /** Starts with what is stored at a place. The history tells of the way there, as far back as it is known. */
  load({ users, unreadable }: StoredUsers, place: LogPosition, history: readonly Batch[]): void {
    this.unreadable = new Map(unreadable);
    this.options.onRestart(history[0]?.before ?? place);
    for (const batch of history) this.replay(batch);
    for (const { user, revision } of users.values()) {
      this.census.count(newUser(user.userId), user);
      const held = this.table.upsert(undefined, user, wakeAt(user, this.options.policy));
      this.setRevision(held, revision);
    }
    this.reached = place;
  }

  /**
   * Starts again from what is stored at a place, after the log could not be followed. What others see changes by the
   * difference only. Where this node knows more than what is stored, that stays, and is to be written back.
   */
  restart({ users, unreadable }: StoredUsers, place: LogPosition): void {
    this.reached = place;
    this.unreadable = new Map(unreadable);
    this.options.onRestart(place);
    const gone = [...this.table.all()].filter(({ userId }) => !users.has(userId));
    for (const { user, revision } of users.values()) this.mergeStored(user, revision);
    for (const { userId } of gone) this.mergeStored(newUser(userId), '');
  }

  private setRevision(held: UserEntry, revision: string): void {
    this.storedCount += Number(revision !== '') - Number(held.revision !== '');
    held.revision = revision;
  }

  private replay(batch: Batch): void {
    batch.entries().forEach(({ user, events, ended }, nth) => {
      const place = { ...batch.after, seq: batch.before.seq + nth + 1 };
      if (events.length > 0) this.options.onStep({ user, events, ended, wakeAt: undefined }, place);
    });
  }

  private mergeStored(user: User, revision: string): void {
    const { userId } = user;
    const known = this.table.get(userId)?.revision ?? '';
    if (known === revision && !this.dirtyUsers.has(userId)) return;
    this.dirtyUsers.set(userId, this.dirtyUsers.get(userId) ?? { isOurs: false });
    const entry = { user, events: [], ended: [], previousVersion: NOT_TOLD };
    this.take(entry, revision, this.reached);
  }

  private take(entry: Commit, revision: string, place: LogPosition): void {
    const { user: stored, events, ended, previousVersion } = entry;
    const held = this.table.get(stored.userId);
    const before = held?.user ?? newUser(stored.userId);
    const user = this.resolve(before, stored, ended);
    const isTold = user === stored && before.shown.version === previousVersion;
    const step: Step = {
      user,
      events: isTold ? events : this.difference(before, user),
      ended: isTold ? ended : missingIn(user, before),
      wakeAt: wakeAt(user, this.options.policy),
    };
    this.census.count(before, user);
    this.setRevision(this.table.upsert(held, user, step.wakeAt), revision);
    if (isForgotten(user)) this.table.evict(user.userId, undefined);
    this.options.onStep(step, place);
  }

  /** What is stored, unless some of what is known was lost. */
  private resolve(before: User, stored: User, ended: readonly EndedSession[]): User {
    const { userId } = stored;
    if (!this.dirtyUsers.has(userId)) return stored;
    const { node, now, policy } = this.options;
    const user = reconcile(without(before, ended), stored, node(), now(), policy);
    if (user === stored) this.dirtyUsers.delete(userId);
    // A session of this node that has ended, and is still stored, is its matter as much as one that is to be stored again.
    else if (this.isOurs(before) || this.isOurs(stored))
      this.dirtyUsers.set(userId, { isOurs: true });
    return user;
  }

  private isOurs({ sessions }: User): boolean {
    return sessions.some((session) => session.node === this.options.node());
  }

  private difference(before: User, after: User): readonly PresenceEvent[] {
    return diffPresence(before.shown, after.shown, this.options.now(), 'UNKNOWN');
  }
}

/** What Redis holds of a user. */
export interface Stored {
  readonly user: User;
  readonly revision: string;
}

/** What Redis holds of the users of a partition. */
export interface StoredUsers {
  readonly users: ReadonlyMap<string, Stored>;
  /** Users whose records cannot be read, with the revisions of these. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/** Whether nothing is stored of somebody any more. */
export function isForgotten({ sessions, own }: User): boolean {
  return sessions.length === 0 && own.version === 0;
}

/** Without the sessions that somebody has ended on purpose: those were not lost. */
function without(user: User, ended: readonly EndedSession[]): User {
  const gone = ended.filter(({ cause }) => cause !== 'NODE_LOST');
  if (gone.length === 0) return user;
  const isLeft = (id: string): boolean => gone.every(({ sessionId }) => sessionId !== id);
  return { ...user, sessions: user.sessions.filter(({ sessionId }) => isLeft(sessionId)) };
}

/** The sessions whose end this node learns of by their absence. */
function missingIn(after: User, before: User): readonly EndedSession[] {
  const live = new Set(liveSessions(after).map(({ sessionId }) => sessionId));
  return liveSessions(before)
    .filter(({ sessionId }) => !live.has(sessionId))
    .map(({ sessionId }) => ({ sessionId, cause: 'NODE_LOST' }));
}
