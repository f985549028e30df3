import type { TableSizes } from './user-table.js';

/** How a store is, for those who run it. */
export interface StoreStatus extends TableSizes {
  /** Why it cannot take commits at the moment. Undefined: it can. */
  readonly problem: string | undefined;
  /** How often a store that is somewhere else could not be reached, or did not do what it was asked. */
  readonly failures: number;
  /** For how long the view may have been behind, in milliseconds. */
  readonly stalenessMs: number;
  /** How many nodes are alive, this one among them. */
  readonly nodes: number;
  /** How many of them have other settings of the rules than this one. */
  readonly differingNodes: number;
  /** By how many milliseconds the clock of this machine is ahead of the one that all nodes share. */
  readonly clockSkewMs: number;
  /** How often what others had committed could not be followed and was read anew, by cause. */
  readonly resyncs: Readonly<Record<string, number>>;
  /** How often keys that are never deleted were gone from a store that is somewhere else, by what they held. */
  readonly keysLost: Readonly<Record<string, number>>;
  /** How many users this node has written back of whom the store had lost something. */
  readonly writtenBack: number;
  /** How many users are left out because their records cannot be read. */
  readonly unreadableUsers: number;
  /** How often commits were read from the log because no message had told of them. */
  readonly gapsFilled: number;
  /** How often this node was declared dead by others and had to take up another name. */
  readonly fenced: number;
  /** From how many users this node has taken the sessions of dead nodes. */
  readonly reaped: number;
}
