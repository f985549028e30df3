import type { Promises } from './evidence.js';
import type { World } from './world.js';

/** Something that goes wrong, and what the cluster promises all the same. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Milliseconds, for the setting. */
  readonly graceMs?: number;
  readonly withReplica?: boolean;
  /** Instead of what the command asks for. */
  readonly actionsPerSecond?: number;
  readonly promises?: Promises;
  /** Goes wrong, and is over when this resolves. */
  readonly run: (world: World) => Promise<void>;
}
