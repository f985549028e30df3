import type { Partition } from './partition.js';
import type { RedisClient } from './redis-client.js';
import { scripts } from './script.js';

/** The least time in milliseconds for which nodes that missed a pub/sub message can find it in the partition log. */
const MIN_AGE_MS = 60_000;

export interface LogTrimmerOptions {
  readonly port: RedisClient;
  readonly partitions: readonly Partition[];
  /** Whether this node is the rendezvous owner of a partition. */
  readonly isMine: (partition: number) => boolean;
  readonly now: () => number;
  /** The age in milliseconds from which batches are removed. */
  readonly maxAgeMs: number;
  /** The size in bytes above which the log of a partition loses its oldest batches. */
  readonly maxBytes: number;
}

/**
 * Keeps the partition logs within their limits. One node does this from time to time, because a limit in each commit
 * would make every commit check the oldest batch.
 */
export class LogTrimmer {
  constructor(private readonly options: LogTrimmerOptions) {}

  async tick(): Promise<void> {
    const { port, partitions, isMine, now, maxAgeMs, maxBytes } = this.options;
    const limits = [Math.max(maxAgeMs, MIN_AGE_MS), maxBytes];
    const mine = partitions.filter((_, index) => isMine(index));
    await Promise.all(
      mine.map(({ keys: { head, log } }) =>
        port.run(scripts.trim, [head, log], [now(), ...limits]),
      ),
    );
  }
}
