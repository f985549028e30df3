import type { Presence } from '../domain/presence.js';
import { RejectedError } from '../domain/rejected-error.js';
import { TimeSlice } from '../timers/time-slice.js';
import { approximateBytes, MAX_BATCH_BYTES } from './page-bytes.js';

/** The read limit counts this many bytes of a batch as one presence. A page of 1,000 presences has as many on average. */
const BYTES_PER_PRESENCE = 2 * 1024;

/** With more users than this, a batch waits until no other one is read in the same iteration of the event loop. */
const LARGE = 100;

export interface Batch<T> {
  /** In the order of the request. */
  readonly converted: readonly T[];
  /** The approximate size of the presences. */
  readonly bytes: number;
}

/** Returns as how many presences a batch counts for the read limit. */
export function costOf({ converted, bytes }: Batch<unknown>): number {
  return Math.max(converted.length, Math.ceil(bytes / BYTES_PER_PRESENCE));
}

/**
 * Reads and converts the presences of users, each user once, in slices of the event loop. Throws if the presences are
 * too large for one response. `read`: returns the current presence of a user.
 */
export async function readBatch<T>(
  userIds: readonly string[],
  read: (userId: string) => Presence,
  convert: (presence: Presence) => T,
): Promise<Batch<T>> {
  const known = new Map<string, { readonly message: T; readonly size: number }>();
  const converted: T[] = [];
  let bytes = 0;
  const slice = new TimeSlice();
  if (userIds.length > LARGE) await slice.next();
  for (const userId of userIds) {
    let one = known.get(userId);
    if (one === undefined) {
      if (slice.isOver) await slice.next();
      const presence = read(userId);
      one = { message: convert(presence), size: approximateBytes(presence) };
      known.set(userId, one);
    }
    converted.push(one.message);
    bytes += one.size;
    if (bytes > MAX_BATCH_BYTES) throw tooLarge();
  }
  return { converted, bytes };
}

function tooLarge(): RejectedError {
  return new RejectedError(
    'INVALID_FIELD',
    'names users in too many channels for one response; request fewer users at a time',
    'user_ids',
  );
}
