import type { Promises } from './evidence.js';
import type { World } from './world.js';

/** Something that goes wrong, and what the cluster promises all the same. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Milliseconds, for the setting. */
  readonly graceMs?: number;
  readonly withReplica?: boolean;
  /** One node that keeps everything in memory, instead of a cluster. */
  readonly isAlone?: boolean;
  /** Seconds for which the tokens of the client library are good. Absent: long enough that none is renewed. */
  readonly tokenSeconds?: number;
  /** Milliseconds by which the nodes' clocks differ from that of the machine. Absent: not, and they cannot be set. */
  readonly clockOffsetsMs?: readonly number[];
  /** Of every node. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Instead of what the command asks for. */
  readonly actionsPerSecond?: number;
  readonly promises?: Promises;
  /** Goes wrong, and is over when this resolves. */
  readonly run: (world: World) => Promise<void>;
}
