import { describe, expect, it } from 'vitest';
import type { Input } from '../../src/domain/input.js';
import { step, type Step } from '../../src/domain/step.js';
import type { PresenceStore } from '../../src/store/presence-store.js';
import { connect, disconnect, join, POLICY, time } from '../support/play.js';

/** The tests of the deadlines of users that every store must pass. They belong to `presenceStoreContract`. */
export function presenceStoreDeadlines(store: () => PresenceStore): void {
  const perform = (userId: string, input: Input, now: number): Promise<Step> =>
    store().update(userId, (user) => step(user, input, now, POLICY));

  describe('a deadline', () => {
    it('is claimed when it is reached', async () => {
      await perform('late', connect('b', { tokenExpiresAt: 120 }), 20);
      await perform('early', connect('a', { tokenExpiresAt: 110 }), 10);
      expect(await store().claimDue(109, 10)).toEqual([]);
      expect(await store().claimDue(110, 10)).toEqual(['early']);
      expect(await store().claimDue(120, 10)).toEqual(['late']);
    });

    it('is handed out once, as much as was asked for', async () => {
      for (const id of ['a', 'b', 'c']) await perform(id, connect(id, { tokenExpiresAt: 110 }), 10);
      const first = await store().claimDue(500, 2);
      const second = await store().claimDue(500, 2);
      expect([first.length, second.length]).toEqual([2, 1]);
      expect([...first, ...second].toSorted()).toEqual(['a', 'b', 'c']);
      expect(await store().claimDue(500, 2)).toEqual([]);
    });

    it('is what expires by the wall clock, soon after that was set forward, and not sooner when it was set back', async () => {
      await perform('alice', connect('a', { tokenExpiresAt: 500_000 }), 10);
      await perform('bob', connect('b', { tokenExpiresAt: 10 + POLICY.idleTimeoutMs * 2 }), 10);
      const dueAt = (now: number, wallAheadMs: number): Promise<readonly string[]> =>
        store().claimDue(now, 10, wallAheadMs);
      expect(await dueAt(100, 0)).toEqual([]);
      expect(await dueAt(100, 499_900 + 1000)).toEqual(expect.arrayContaining(['alice', 'bob']));
      expect(await dueAt(100, -600)).toEqual([]);
      await perform('carol', connect('c', { tokenExpiresAt: 300 }), 100);
      expect(await dueAt(899, -600)).toEqual([]);
      expect(await dueAt(900, -600)).toEqual(['carol']);
    });

    it('comes up again after the next update, even one that changed nothing', async () => {
      await perform('alice', connect('a'), 0);
      expect(await store().claimDue(1000, 10)).toEqual(['alice']);
      // The clock has been set back in the meantime: no deadline is reached.
      await perform('alice', time, 900);
      expect(await store().claimDue(999, 10)).toEqual([]);
      expect(await store().claimDue(1000, 10)).toEqual(['alice']);
    });

    it('follows the user: put off by activity, gone when nothing is due any more', async () => {
      await perform('alice', connect('a'), 0);
      await perform('alice', join('a', 'lobby'), 600);
      expect(await store().claimDue(1000, 10)).toEqual([]);
      await perform('alice', disconnect('a'), 700);
      expect(await store().claimDue(99_999, 10)).toEqual([]);
    });

    it('does not exist for an unknown user', async () => {
      await perform('nobody', time, 1);
      await perform('nobody', disconnect('x'), 1);
      expect(await store().claimDue(99_999, 10)).toEqual([]);
    });
  });
}
