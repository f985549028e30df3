import { describe, expect, it } from 'vitest';
import { presenceStoreContract } from '../../../test/contract/presence-store.contract.js';
import {
  activity,
  choose,
  connect,
  disconnect,
  join,
  mute,
  POLICY,
} from '../../../test/support/play.js';
import type { Input } from '../../domain/input.js';
import { unknownPresence } from '../../domain/presence.js';
import { step, type Step } from '../../domain/step.js';
import { newUser } from '../../domain/user.js';
import { MemoryPresenceStore } from './memory-presence-store.js';

presenceStoreContract('MemoryPresenceStore', () => ({
  store: new MemoryPresenceStore({ maxOfflineUsers: 100 }),
}));

describe('MemoryPresenceStore', () => {
  /** Creates a store with a limit on OFFLINE users, and a function that applies an input to a user. */
  function remembering(maxOfflineUsers: number): {
    readonly store: MemoryPresenceStore;
    readonly perform: (userId: string, input: Input, now: number) => Promise<Step>;
  } {
    const store = new MemoryPresenceStore({ maxOfflineUsers });
    return {
      store,
      perform: (userId, input, now) =>
        store.update(userId, (user) => step(user, input, now, POLICY)),
    };
  }

  it('evicts the user who has been OFFLINE longest above the limit', async () => {
    const { store, perform } = remembering(2);
    const users = ['a', 'b', 'c'];
    for (const id of users) await perform(id, connect(id, { isSpeakerMuted: true }), 1);
    for (const id of ['b', 'a', 'c']) await perform(id, disconnect(id), 2);
    expect(users.map((id) => store.view.presence(id).isSpeakerMuted)).toEqual([true, false, true]);
    expect(await store.get({ userId: 'b' })).toEqual(newUser('b'));
    expect(store.view.presence('b')).toEqual(unknownPresence('b'));
  });

  it('evicts no user who is online or has reconnected', async () => {
    const { store, perform } = remembering(1);
    await perform('a', connect('a', { isSpeakerMuted: true }), 1);
    await perform('a', disconnect('a'), 2);
    await perform('a', connect('a2'), 3);
    for (const id of ['b', 'c']) {
      await perform(id, connect(id), 4);
      await perform(id, disconnect(id), 5);
    }
    expect(store.view.presence('a')).toMatchObject({ status: 'ONLINE', isSpeakerMuted: true });
  });

  it('keeps no OFFLINE user with a limit of 0', async () => {
    const { store, perform } = remembering(0);
    await perform('a', connect('a'), 1);
    await perform('a', choose('a', 'AWAY', { until: 50 }), 2);
    await perform('a', disconnect('a'), 3);
    expect(await store.get({ userId: 'a' })).toEqual(newUser('a'));
    expect(await store.claimDue(99, 10), 'not even that a status expires').toEqual([]);
  });

  it('evicts the visible part of an invisible user in the usual order, and nothing else', async () => {
    const { store, perform } = remembering(1);
    await perform('ghost', connect('g', { isSpeakerMuted: true }), 1);
    await perform('ghost', choose('g', 'INVISIBLE'), 2);
    expect(store.view.presence('ghost')).toMatchObject({ isSpeakerMuted: true, lastActiveAt: 1 });
    await perform('b', connect('b'), 3);
    await perform('b', disconnect('b'), 4);
    expect(store.view.presence('ghost')).toEqual(unknownPresence('ghost'));
    expect((await store.get({ userId: 'ghost' })).own).toMatchObject({
      status: 'ONLINE',
      lastActiveAt: 2,
    });
    expect((await store.get({ sessionId: 'g' }))?.userId).toBe('ghost');
    expect(await store.claimDue(1002, 10), 'who still turns idle').toEqual(['ghost']);
  });

  it('evicts no other user when an invisible user acts, and evicts that choice separately', async () => {
    const { store, perform } = remembering(1);
    await perform('ghost', connect('g'), 1);
    await perform('ghost', choose('g', 'INVISIBLE'), 2);
    await perform('b', connect('b'), 3);
    await perform('b', disconnect('b'), 4);
    const { shown } = await store.get({ userId: 'b' });
    await perform('ghost', mute('g', { speaker: true }), 5);
    await perform('ghost', disconnect('g'), 6);
    await perform('ghost', connect('g2'), 7);
    expect(store.view.presence('ghost')).toEqual(unknownPresence('ghost'));
    await perform('ghost', disconnect('g2'), 8);
    expect(store.view.presence('b')).toBe(shown);
    await perform('other', connect('o'), 9);
    await perform('other', choose('o', 'INVISIBLE'), 10);
    await perform('other', disconnect('o'), 11);
    await perform('c', connect('c'), 12);
    await perform('c', disconnect('c'), 13);
    expect(await store.get({ userId: 'ghost' }), 'the room for them is taken').toEqual(
      newUser('ghost'),
    );
    expect((await store.get({ userId: 'other' })).choice).toBe('INVISIBLE');
  });

  it('lets a forgotten invisible user continue and come back', async () => {
    const { store, perform } = remembering(0);
    await perform('ghost', connect('g'), 1);
    await perform('ghost', choose('g', 'INVISIBLE'), 2);
    await perform('ghost', mute('g', { speaker: true }), 3);
    await perform('ghost', join('g', 'lobby'), 4);
    expect(store.view.presence('ghost')).toEqual(unknownPresence('ghost'));
    await perform('ghost', choose('g', 'AUTOMATIC'), 5);
    expect(store.view.presence('ghost')).toMatchObject({ status: 'ONLINE', channelId: 'lobby' });
    expect(store.view.countMembers('lobby')).toBe(1);
  });

  it('holds no more for a thousand users who connected and left than its limits of both kinds', async () => {
    const { store, perform } = remembering(10);
    for (let i = 0; i < 1000; i++) {
      const id = `user ${i}`;
      await perform(id, connect(id, { requireHeartbeats: true }), i);
      if (i % 3 === 0) await perform(id, choose(id, 'INVISIBLE'), i);
      await perform(id, join(id, `channel ${i}`), i);
      await perform(id, activity(id), i);
      await perform(id, disconnect(id), i);
    }
    for (const [what, size] of sizesOf(store)) expect(size, what).toBeLessThanOrEqual(20);
  });
});

/** The sizes of all maps and sets in a store, including those of its view and queue. */
function sizesOf(holder: object, path = 'store'): [what: string, size: number][] {
  return Object.entries(holder).flatMap(([name, value]): [string, number][] => {
    const what = `${path}.${name}`;
    if (value instanceof Map && name !== 'byStatus') return [[what, value.size]];
    if (value instanceof Set) return [[what, value.size]];
    if (typeof value !== 'object' || value === null || name === 'heap') return [];
    return sizesOf(value as object, what);
  });
}
