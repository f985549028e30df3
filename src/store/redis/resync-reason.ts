/** Why the replica could not follow the partition log. */
export type ResyncReason =
  | 'start'
  | 'log_gap'
  | 'writes_lost'
  | 'store_empty'
  | 'own_batches_lost'
  | 'node_unknown'
  | 'fenced'
  /**
   * Redis holds no record, or a different record, for users that are in the log: evicted, or changed by another
   * program.
   */
  | 'evicted'
  /** The partition log is ahead of its head, for example because Redis lost the last writes to the head. */
  | 'log_ahead'
  /** The partition log holds a batch that the node cannot decode. */
  | 'unreadable';

/** A key that disappeared from Redis although the service never deletes it. */
export type LostKey = 'head' | 'nodes' | 'users' | 'log';
