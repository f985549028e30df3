import { isSamePlace, type Batch, type LogPosition } from './log-batch.js';
import type { PartitionKeys } from './keys.js';
import type { RedisClient } from './redis-client.js';

/**
 * What the log still has of the way to a place, so that a node that has just started can go on with subscribers who
 * were at another one before.
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

/** What lies behind a batch that nobody can read is not told. */
function isReadable(batch: Batch): boolean {
  try {
    batch.entries();
    return true;
  } catch {
    return false;
  }
}
