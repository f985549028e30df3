import { isSamePlace, type Batch, type LogPosition } from './log-batch.js';
import type { PartitionKeys } from './keys.js';
import type { RedisClient } from './redis-client.js';

/**
 * The batches that the log still has before a position. With them, a node that has just started can continue the
 * subscriptions of subscribers who come from another node.
 */
export async function loadHistory(
  port: RedisClient,
  keys: PartitionKeys,
  upTo: LogPosition,
  limit: number,
): Promise<readonly Batch[]> {
  const batches = await port.history(keys, upTo, limit);
  let place = upTo;
  let first = batches.length;
  while (first > 0 && isSamePlace(batches[first - 1]!.after, place)) {
    if (!isReadable(batches[first - 1]!)) break;
    place = batches[--first]!.before;
  }
  return batches.slice(first);
}

/** The history starts after the last unreadable batch. */
function isReadable(batch: Batch): boolean {
  try {
    batch.entries();
    return true;
  } catch {
    return false;
  }
}
