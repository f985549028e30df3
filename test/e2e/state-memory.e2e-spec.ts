import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryPresenceStore } from '../../src/store/memory/memory-presence-store.js';
import { Population, type PopulationSize } from '../load/population.js';
import { heapAfterCollection } from '../support/heap.js';

const USERS = 10_000;

/** The bytes of the heap that each user takes in a store. Code that is compiled meanwhile counts as well. */
async function bytesPerUser(size: PopulationSize): Promise<number> {
  const before = heapAfterCollection();
  const store = new MemoryPresenceStore({ maxOfflineUsers: 0 });
  await new Population(store, size).connect();
  const bytes = (heapAfterCollection() - before) / size.users;
  expect(store.status.users).toBe(size.users);
  return bytes;
}

describe('On each node', () => {
  let plain: number;
  beforeAll(async () => {
    // Compiles the code.
    await bytesPerUser({ users: 3000, groupsPerUser: 20, groups: 'different' });
    plain = await bytesPerUser({ users: USERS, groupsPerUser: 0, groups: 'same' });
  });

  it('a user takes at most a kilobyte', () => {
    expect(plain).toBeLessThan(1050);
  });

  it.each(['same', 'different'] as const)(
    'a user in 20 groups takes at most 300 bytes more if the groups of users are %s',
    async (groups) => {
      const bytes = await bytesPerUser({ users: USERS, groupsPerUser: 20, groups });
      expect(bytes - plain).toBeLessThan(300);
    },
  );
});
