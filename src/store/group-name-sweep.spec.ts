import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { connect, disconnect, grantsOf, POLICY } from '../../test/support/play.js';
import { countGroupNames, renewGroupNames } from '../domain/shared-groups.js';
import type { Input } from '../domain/input.js';
import { step } from '../domain/step.js';
import { MemoryPresenceStore } from './memory/memory-presence-store.js';

describe('A store in which users with other groups come and go', () => {
  it('keeps the names of the groups of its users, and drops the others', async () => {
    renewGroupNames();
    const store = new MemoryPresenceStore({ maxOfflineUsers: 0 });
    const perform = (userId: string, input: Input): Promise<unknown> =>
      store.update(userId, (user) => step(user, input, 1, POLICY));
    for (let i = 0; i < 11_000; i++) {
      await perform(`user-${i}`, connect('a', { token: grantsOf(`group-${i}`, 'all') }));
      if (i % 1000 > 0) await perform(`user-${i}`, disconnect('a'));
    }
    // The sessions of one user can have different groups.
    await perform('user-0', connect('b', { token: grantsOf('another') }));
    expect(countGroupNames()).toBe(11_002);
    await store.claimDue(1, 0);
    await eventually(countGroupNames, 13);
    const user = await store.get({ userId: 'user-1000' });
    expect([...user.sessions[0]!.groups]).toEqual(['all', 'group-1000']);
    expect([...store.view.inGroup('group-1000')]).toEqual([user.shown]);
  });
});
