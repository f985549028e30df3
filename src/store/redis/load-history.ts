import { isSamePosition, type Batch, type LogPosition } from './log-batch.js';
import type { PartitionKeys } from './keys.js';
import type { RedisClient } from './redis-client.js';

const BATCHES_PER_READ = 100;

/** The number of bytes after which a node loads no earlier batches of a partition, because it would hold all of them at once. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The last batches before a position that follow one another and can be decoded, at most `limit`. With them, a node that has
 * just started can continue the subscriptions of subscribers who come from another node.
 */
export async function loadHistory(
  port: RedisClient,
  keys: PartitionKeys,
  upTo: LogPosition,
  limit: number,
): Promise<readonly Batch[]> {
  const newestFirst: Batch[] = [];
  let position = upTo;
  let bytes = 0;
  for (;;) {
    const count = Math.min(BATCHES_PER_READ, limit - newestFirst.length);
    const read = count === 0 ? [] : await port.loggedBefore(keys, position, count);
    for (const [batch, size] of read) {
      bytes += size;
      if (!isSamePosition(batch.after, position) || bytes > MAX_BYTES || !isContinuous(batch)) {
        return newestFirst.reverse();
      }
      newestFirst.push(batch);
      position = batch.before;
    }
    if (read.length < BATCHES_PER_READ) return newestFirst.reverse();
  }
}

/**
 * Whether the batch can be decoded, and the events before it lead to it. They do not where Redis has lost commits, or users
 * were written back: somebody who has received the events before may have missed what was lost.
 */
function isContinuous(batch: Batch): boolean {
  try {
    const entries = batch.entries();
    return !batch.isLossMark && !entries.some(({ isRepair }) => isRepair);
  } catch {
    return false;
  }
}
