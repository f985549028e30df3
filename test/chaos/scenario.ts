import type { FixedLimits } from '../../src/config/fixed-limits.js';
import type { Promises } from './evidence.js';
import type { World } from './world.js';

/** A fault, and the promises that the cluster keeps despite it. */
export interface Scenario {
  readonly name: string;
  /** The fault, as in docs/reliability.md. */
  readonly about: string;
  /** The `RECONNECT_GRACE_MS` of the nodes, in milliseconds. */
  readonly graceMs?: number;
  readonly withReplica?: boolean;
  /** Users see only those who share a group or a channel with them, and their rights change. */
  readonly withAccess?: boolean;
  /** One node that keeps everything in memory, instead of a cluster. */
  readonly isAlone?: boolean;
  /**
   * The validity of the client library's tokens, in seconds. Absent: long enough that none is
   * renewed.
   */
  readonly tokenSeconds?: number;
  /**
   * The offsets of the nodes' clocks from that of the machine, in milliseconds. Absent: no offset,
   * and the clocks cannot be set.
   */
  readonly clockOffsetsMs?: readonly number[];
  /** The settings of every node. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The fixed limits of every node that differ from those of a release. */
  readonly fixed?: Partial<FixedLimits>;
  /** Replaces the value of the command line. */
  readonly actionsPerSecond?: number;
  readonly promises?: Promises;
  /** Injects the fault. Resolves when the fault is over. */
  readonly run: (world: World) => Promise<void>;
}
