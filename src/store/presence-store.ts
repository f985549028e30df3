import type { Observable } from 'rxjs';
import type { PresenceEvent, Reason } from '../domain/event.js';
import type { EndedSession } from '../domain/session-transitions.js';
import type { Step } from '../domain/step.js';
import type { User } from '../domain/user.js';
import type { PresenceView } from './presence-view.js';
import type { StoreStatus } from './store-status.js';

/**
 * Computes a step from the newest state of a user. The store may call it several times. If it throws, nothing changes.
 */
export type UserUpdate = (user: User) => Step;

/** The position of a commit, with the same meaning on all nodes. */
export interface CommitPosition {
  /** The index of the partition. Commits are ordered within a partition. */
  readonly partition: number;
  readonly seq: number;
  /** A random value. It distinguishes two commits with the same number, if the first one was lost. */
  readonly mark: number;
}

/** A position after which the commits of a partition continue. */
export interface PartitionReset extends CommitPosition {
  /**
   * This node has missed no commit before the position. But the store had lost some, and they were written back without their
   * events, so a reader from another node may have missed them.
   */
  readonly isComplete?: true;
}

/** Names a user by id, or by a live session. */
export type UserKey = { readonly userId: string } | { readonly sessionId: string };

/** A committed change of one user. */
export interface Commit {
  /** The state of the user before the commit. Undefined: this node does not know it, because the commit was replayed. */
  readonly before: User | undefined;
  /** The new state of the user. */
  readonly user: User;
  /** The service time of the commit, and its cause. */
  readonly occurredAt: number;
  readonly cause: Reason;
  readonly events: readonly PresenceEvent[];
  /** The sessions that ended with this commit. */
  readonly ended: readonly EndedSession[];
  readonly position: CommitPosition;
}

/**
 * The only interface between the rules and the stored state. It deliberately has no method to publish an event: the
 * user and the events are committed together, and consumers subscribe to commits.
 */
export abstract class PresenceStore {
  /** The node id, the health and the metrics of the store. */
  abstract readonly status: StoreStatus;

  /**
   * The shown presences and the revocations. At any moment it reflects exactly the emitted commits, and what was stored
   * before this node started.
   */
  abstract readonly view: PresenceView;

  /**
   * Every commit of any node, in the order of commits, after the view contains it. Emits synchronously, and before the
   * commit is acknowledged. A subscriber that throws affects neither the commit nor the other subscribers.
   */
  abstract readonly commits: Observable<Commit>;

  /**
   * The positions after which `commits` continues, and a reader from another node can. A subscription emits one position for
   * each partition at once, and another one whenever commits of a partition were missed, or written back. It never completes.
   * Subscribe before the store starts.
   */
  abstract readonly partitionResets: Observable<PartitionReset>;

  /** Runs `change` on the newest state of a user, and commits the user and its events together. */
  abstract update(userId: string, change: UserUpdate): Promise<Step>;

  /** Reads the newest state of a user. An unknown user is returned as a new one. */
  abstract get(by: { readonly userId: string }): Promise<User>;

  /** Reads the user of a live session on any node. Undefined: there is no such live session. */
  abstract get(by: { readonly sessionId: string }): Promise<User | undefined>;

  /**
   * Takes at most `limit` users whose deadline has been reached at `now`, or whose expiry has been reached by the wall
   * clock, which is `wallAheadMs` ahead of `now`. Each user is returned once, and again only after its next `update`. A
   * user may be returned too early, which the rules ignore.
   */
  abstract claimDue(now: number, limit: number, wallAheadMs?: number): Promise<readonly string[]>;
}
