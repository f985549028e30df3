import { isForgotten, type User } from '../../domain/user.js';
import { isSamePosition, revisionOf, type LogPosition } from './log-batch.js';
import type { PartitionKeys } from './keys.js';
import { copyOfPart, UnreadableRecord } from './record-fields.js';
import type { RedisClient } from './redis-client.js';
import { readUser } from './user-record.codec.js';

const BATCHES_PER_READ = 200;

/** The user and revision that Redis holds. */
export interface Stored {
  readonly user: User;
  readonly revision: string;
}

/** All users of a partition that Redis holds. */
export interface StoredUsers {
  readonly users: ReadonlyMap<string, Stored>;
  /** Users whose records cannot be decoded, with their revisions. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/**
 * Loads all users of a partition as of one position. Other nodes write during the scan, so the log from `head` on is
 * applied afterwards: its last entry for a user is the stored state, or newer.
 */
export async function loadUsers(
  port: RedisClient,
  keys: PartitionKeys,
  head: LogPosition,
): Promise<StoredUsers & { readonly position: LogPosition }> {
  const users = new Map<string, Stored>();
  const unreadable = new Map<string, string>();
  for await (const [userId, stored] of port.users(keys)) {
    const [prefix] = stored.split('|', 1) as [string];
    const revision = copyOfPart(prefix);
    const user = userIn(userId, stored.slice(prefix.length + 1));
    if (user === undefined) unreadable.set(userId, revision);
    else users.set(userId, { user, revision });
  }
  let position = head;
  for (let isMore = true; isMore;) {
    const batches = await port.logged(keys, position, BATCHES_PER_READ);
    for (const batch of batches) {
      if (!isSamePosition(batch.before, position))
        throw new Error('the partition log lost entries while it was read');
      batch.entries().forEach(({ user }, nth) => {
        unreadable.delete(user.userId);
        if (isForgotten(user)) users.delete(user.userId);
        else users.set(user.userId, { user, revision: revisionOf(batch, nth) });
      });
      position = batch.after;
    }
    isMore = batches.length === BATCHES_PER_READ;
  }
  return { users, unreadable, position };
}

/** Undefined: the record is damaged, or from another version. */
function userIn(userId: string, record: string): Stored['user'] | undefined {
  try {
    const user = readUser(userId, JSON.parse(record));
    return isForgotten(user) ? undefined : user;
  } catch (error) {
    if (error instanceof UnreadableRecord || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
