import type { PresenceEvent, Reason } from '../domain/event.js';
import type { User } from '../domain/user.js';
import type { CommitPosition } from './presence-store.js';

/** A commit that was read from the history. The state before it is unknown. */
export interface HistoricCommit {
  readonly position: CommitPosition;
  /** The events as everyone may see them. None: the commit changed only who may see the user. */
  readonly events: readonly PresenceEvent[];
  /** The state of the user after the commit. */
  readonly user: User;
  /** The service time of the commit, and its cause. */
  readonly occurredAt: number;
  readonly cause: Reason;
}

/** Commits of one partition that follow one another. */
export interface HistoryPage {
  /** The commits that some viewer can see, oldest first. */
  readonly commits: readonly HistoricCommit[];
  /** The position after all commits of the page, also after those that no viewer can see. */
  readonly last: CommitPosition;
}

/** Commits that may no longer be in the event log of the node. */
export abstract class CommitHistory {
  /** Whether it can have commits that are not in the event log of the node. */
  readonly keepsCommits: boolean = true;

  /**
   * Returns the commits after a position, about `limit` of them or fewer. The page ends at the position if nothing follows
   * it. Undefined: the history does not reach back to the position, the mark of the position is that of another commit, or the
   * store has lost commits since then. `acrossRepairs`: the reader does not rely on the state at the position, so the history
   * also continues where nodes have written back users that the store had lost.
   */
  abstract readAfter(
    position: CommitPosition,
    limit: number,
    acrossRepairs?: boolean,
  ): Promise<HistoryPage | undefined>;

  /**
   * Whether the store has lost nothing since a position, as far as this node knows. Otherwise the node that delivered before
   * may not have known what this node knows.
   */
  abstract isContinuousFrom(position: CommitPosition): boolean;

  /**
   * Returns the first commits of a partition that the history has since the store last lost commits, about `limit` of them
   * or fewer, for a reader whose position is not in the history. Undefined: the history cannot be read.
   */
  abstract readOldest(partition: number, limit: number): Promise<HistoryPage | undefined>;

  /** Returns the position after a commit. Undefined: the history does not reach back to it. */
  abstract positionOf(partition: number, seq: number): Promise<CommitPosition | undefined>;
}
