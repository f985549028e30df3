import { beforeAll, describe, expect, it } from 'vitest';
import { PresenceView } from '../../src/store/presence-view.js';
import type { PartitionKeys } from '../../src/store/redis/keys.js';
import type { Batch, LogPosition } from '../../src/store/redis/log-batch.js';
import { loadUsers } from '../../src/store/redis/load-users.js';
import { PartitionReplica } from '../../src/store/redis/partition-replica.js';
import type { RedisClient } from '../../src/store/redis/redis-client.js';
import { formatUser } from '../../src/store/redis/user-record.codec.js';
import { MemoryPresenceStore } from '../../src/store/memory/memory-presence-store.js';
import { POLICY, Population, type PopulationSize } from '../load/population.js';
import { heapAfterCollection } from '../support/heap.js';

const USERS = 10_000;

/** The bytes of the heap that each user takes in a store. Code that is compiled meanwhile counts as well. */
async function bytesPerUser(size: PopulationSize): Promise<number> {
  const before = heapAfterCollection();
  const store = new MemoryPresenceStore({ maxOfflineUsers: 0 });
  await new Population(store, size).connect();
  const bytes = (heapAfterCollection() - before) / size.users;
  expect(store.status.metrics().users).toBe(size.users);
  return bytes;
}

const HEAD: LogPosition = { epoch: 'epoch', seq: USERS, token: 'the-last' };

/** Returns the users of a population as Redis stores them: the user ids, and the revisions with the records. */
async function storedRecords(): Promise<readonly (readonly [Buffer, Buffer])[]> {
  const store = new MemoryPresenceStore({ maxOfflineUsers: 0 });
  const population = new Population(store, { users: USERS, groupsPerUser: 0, groups: 'same' });
  await population.connect();
  const records: (readonly [Buffer, Buffer])[] = [];
  for (let i = 0; i < USERS; i++) {
    const userId = population.userId(i);
    const record = formatUser(await store.get({ userId }));
    records.push([Buffer.from(userId), Buffer.from(`${100_000 + i}.revision|${record}`)]);
  }
  return records;
}

/** A Redis that returns new strings for each read, as the client library does. */
function redisWith(records: readonly (readonly [Buffer, Buffer])[]): RedisClient {
  const port: Pick<RedisClient, 'users' | 'logged'> = {
    async *users() {
      for (const [userId, record] of records) yield [userId.toString(), record.toString()];
    },
    logged: async (): Promise<Batch[]> => [],
  };
  return port as RedisClient;
}

function newReplica(): PartitionReplica {
  const view = new PresenceView(
    () => replica.table,
    async () => {},
  );
  const replica: PartitionReplica = new PartitionReplica({
    view,
    policy: POLICY,
    node: () => 'node',
    now: () => 0,
    onStep: () => {},
    onRestart: () => {},
    onWrittenBack: () => {},
  });
  return replica;
}

describe('On each node', () => {
  let plain: number;
  beforeAll(async () => {
    // Compiles the code.
    await bytesPerUser({ users: 3000, groupsPerUser: 20, groups: 'different' });
    plain = await bytesPerUser({ users: USERS, groupsPerUser: 0, groups: 'same' });
  });

  it('a user takes at most 650 bytes', () => {
    expect(plain).toBeLessThan(650);
  });

  it('a user that was loaded from Redis takes at most 700 bytes', async () => {
    const redis = redisWith(await storedRecords());
    const before = heapAfterCollection();
    const replica = newReplica();
    const load = async (): Promise<void> => {
      const { position, ...stored } = await loadUsers(redis, {} as PartitionKeys, HEAD);
      replica.load(stored, position, []);
    };
    await load();
    const bytes = (heapAfterCollection() - before) / USERS;
    expect(replica.storedUsers).toBe(USERS);
    expect(bytes).toBeLessThan(700);
  });

  it.each(['same', 'different'] as const)(
    'a user in 20 groups takes at most 300 bytes more if the groups of users are %s',
    async (groups) => {
      const bytes = await bytesPerUser({ users: USERS, groupsPerUser: 20, groups });
      expect(bytes - plain).toBeLessThan(300);
    },
  );
});
