import type { TableSizes } from './user-table.js';

/** The state of a store in its cluster. */
export interface StoreStatus {
  /** The node id in the sessions of this node. It names one life of one process and is never used again. */
  readonly node: string;
  /** Why the store cannot accept commits at the moment. Undefined: it can. */
  readonly problem: string | undefined;
  /** Computes the metrics. */
  metrics(): StoreMetrics;
}

/** The metrics of a store, for operators. */
export interface StoreMetrics extends TableSizes {
  /** How often a remote store was unreachable, or did not execute a command. */
  readonly failures: number;
  /** Milliseconds for which the view may have been out of date. */
  readonly stalenessMs: number;
  /** The number of live nodes, including this one. */
  readonly nodes: number;
  /** The number of live nodes whose rule settings differ from those of this node. */
  readonly differingNodes: number;
  /** Milliseconds by which the clock of this machine is ahead of the shared clock. */
  readonly clockSkewMs: number;
  /** The number of resyncs, by cause. */
  readonly resyncs: Readonly<Record<string, number>>;
  /** How often a remote store lost keys that the service never deletes, by kind of key. */
  readonly keysLost: Readonly<Record<string, number>>;
  /** The number of users that this node has written back after the store lost data. */
  readonly writtenBack: number;
  /** The number of users who are missing because their records cannot be decoded. */
  readonly unreadableUsers: number;
  /** How often the node read commits from the log that it had not received by pub/sub. */
  readonly gapsFilled: number;
  /** How often other nodes declared this node dead, so that it had to take a new node id. */
  readonly fenced: number;
  /** The number of users whose sessions on dead nodes this node has reaped. */
  readonly reaped: number;
}
