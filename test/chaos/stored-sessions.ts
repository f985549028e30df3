import type { Redis } from 'ioredis';
import { Keys } from '../../src/store/redis/keys.js';
import { Client } from '../support/client.js';
import type { Stored } from './evidence.js';
import type { NodeProcess } from './node-process.js';

/** Reads the sessions in Redis, without the service. */
export async function storedIn(redis: Redis): Promise<Stored> {
  const keys = new Keys('presence:');
  const sessionIds = new Set<string>();
  for (const { users } of keys.partitions) {
    for (const stored of await redis.hvals(users)) {
      for (const sessionId of sessionIdsIn(stored)) sessionIds.add(sessionId);
    }
  }
  return { sessionIds, beats: await redis.hkeys(keys.beats) };
}

/** Lists the sessions of a node in memory, instead of the content of Redis. */
export async function listedBy(
  node: NodeProcess,
  token: string,
  users: readonly { readonly userId: string }[],
): Promise<Stored> {
  const client = new Client([node.address], token);
  try {
    const sessionIds = new Set<string>();
    for (const { userId } of users) {
      const { sessions } = await client.listSessions({ userId });
      for (const { sessionId } of sessions) sessionIds.add(sessionId);
    }
    return { sessionIds, beats: [node.name] };
  } finally {
    client.close();
  }
}

/**
 * Parses a user in the format of Redis (see `record.ts`). A session with a grace is a lost session.
 */
function* sessionIdsIn(stored: string): Generator<string> {
  const [sessions] = JSON.parse(stored.slice(stored.indexOf('|') + 1)) as [
    readonly (readonly [string, string, string, number, number, unknown, unknown, number | null])[],
  ];
  for (const session of sessions) if (session[7] === null) yield session[0];
}
