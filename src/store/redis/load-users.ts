import { isSamePlace, revisionOf, type Place } from './batch.js';
import type { PartitionKeys } from './keys.js';
import { isForgotten, type Stored } from './partition-replica.js';
import { userOf } from './record.js';
import type { RedisPort } from './redis-port.js';

const BATCHES_PER_READ = 200;

/**
 * Everything that a partition holds, at one place. It is read in pieces while others go on writing, so the log from
 * `head` on tells what was changed meanwhile.
 */
export async function loadUsers(
  port: RedisPort,
  keys: PartitionKeys,
  head: Place,
): Promise<{ readonly users: ReadonlyMap<string, Stored>; readonly place: Place }> {
  const users = new Map<string, Stored>();
  for await (const [userId, stored] of port.users(keys)) {
    const end = stored.indexOf('|');
    const user = userOf(userId, JSON.parse(stored.slice(end + 1)));
    users.set(userId, { user, revision: stored.slice(0, end) });
  }
  let place = head;
  for (let isMore = true; isMore;) {
    const batches = await port.logged(keys, place, BATCHES_PER_READ);
    for (const batch of batches) {
      if (!isSamePlace(batch.before, place))
        throw new Error('the log was rewound while it was read');
      batch.entries().forEach(({ user }, nth) => {
        const seq = batch.before.seq + nth + 1;
        const known = users.get(user.userId);
        if (known !== undefined && seqOf(known.revision) >= seq) return;
        if (isForgotten(user)) users.delete(user.userId);
        else users.set(user.userId, { user, revision: revisionOf(batch, nth) });
      });
      place = batch.after;
    }
    isMore = batches.length === BATCHES_PER_READ;
  }
  return { users, place };
}

function seqOf(revision: string): number {
  return Number.parseInt(revision, 10);
}
