import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { activity, choose, connect, disconnect, join, POLICY } from '../../test/support/play.js';
import type { Config } from '../config/config.js';
import { RejectedError } from '../domain/rejected-error.js';
import { unrestrictedViewer } from '../domain/viewer.js';
import { CommandExecutor } from './command-executor.js';
import { MemoryPresenceStore } from '../store/memory/memory-presence-store.js';

const BOB = unrestrictedViewer('bob');

describe('Commands', () => {
  const store = new MemoryPresenceStore({ maxOfflineUsers: 10 });
  const clock = new ManualClock();
  const commands = new CommandExecutor(store, clock, { policy: POLICY } as Config);

  it('pass inputs to the rules with the time of the clock', async () => {
    const { user, events } = await commands.execute('ann', connect('a'));
    expect(user.shown).toMatchObject({ status: 'ONLINE', connectedAt: clock.now() });
    expect(events).toHaveLength(1);
    expect(store.view.presence('ann')).toEqual(user.shown);
  });

  it('distinguish a session of another user from an unknown session', async () => {
    const ofAnother = commands.executeFor(BOB, join('a', 'lobby'));
    await expect(ofAnother).rejects.toMatchObject({ reason: 'SESSION_OF_ANOTHER_USER' });
    const ofNobody = commands.executeFor(BOB, join('x', 'lobby'));
    await expect(ofNobody).rejects.toMatchObject({ reason: 'SESSION_NOT_FOUND' });
  });

  it('treat a session of an invisible user as unknown, except for that user', async () => {
    await commands.execute('ghost', connect('g'));
    const ofGhost = (): Promise<unknown> => commands.executeFor(BOB, join('g', 'lobby'));
    await expect(ofGhost()).rejects.toMatchObject({ reason: 'SESSION_OF_ANOTHER_USER' });
    expect(await commands.visibleOwnerOf(BOB, 'g')).toBe('ghost');
    await commands.execute('ghost', choose('g', 'INVISIBLE'));
    await expect(ofGhost()).rejects.toMatchObject({ reason: 'SESSION_NOT_FOUND' });
    expect(await commands.visibleOwnerOf(BOB, 'g')).toBeUndefined();
    expect(await commands.visibleOwnerOf(unrestrictedViewer('ghost'), 'g')).toBe('ghost');
  });

  it('treat a session of a user whom the caller may not see as unknown', async () => {
    await commands.execute('carol', connect('c'));
    const strangers = { ...BOB, groups: new Set(['acme']), rights: 'acme' };
    const ofCarol = commands.executeFor(strangers, join('c', 'lobby'));
    await expect(ofCarol).rejects.toMatchObject({ reason: 'SESSION_NOT_FOUND' });
    expect(await commands.visibleOwnerOf(strangers, 'c')).toBeUndefined();
    expect(await commands.visibleOwnerOf(BOB, 'c')).toBe('carol');
  });

  it('pass on every other rejection as it is', async () => {
    await expect(commands.executeFor(BOB, activity())).rejects.toMatchObject({
      reason: 'USER_HAS_NO_SESSION',
    });
  });

  it('do not end the session of another user', async () => {
    await commands.execute('bob', disconnect('a'));
    expect((await store.get({ sessionId: 'a' }))?.userId).toBe('ann');
  });

  it('pass unexpected errors on', async () => {
    const broken = new CommandExecutor(store, clock, { policy: undefined } as unknown as Config);
    await expect(broken.execute('bob', connect('b'))).rejects.toThrow(TypeError);
  });

  it('are counted by kind and outcome', async () => {
    const own = new MemoryPresenceStore({ maxOfflineUsers: 10 });
    const counted = new CommandExecutor(own, clock, { policy: POLICY } as Config);
    await counted.execute('ann', connect('a'));
    await counted.execute('ann', () => activity());
    await expect(counted.execute('bob', join('a', 'lobby'))).rejects.toThrow();
    const { counts } = counted.outcomes;
    const none = { committed: 0, rejected: 0, unavailable: 0, failed: 0 };
    expect(counts.connect).toEqual({ ...none, committed: 1 });
    expect(counts.activity).toEqual({ ...none, committed: 1 });
    expect(counts.joinChannel).toEqual({ ...none, rejected: 1 });
    vi.spyOn(own, 'update')
      .mockRejectedValueOnce(new RejectedError('STORE_UNAVAILABLE', 'later'))
      .mockRejectedValueOnce(new Error('boom'));
    await expect(counted.execute('ann', disconnect('a'))).rejects.toThrow('later');
    await expect(counted.execute('ann', disconnect('a'))).rejects.toThrow('boom');
    expect(counts.disconnect).toEqual({ ...none, unavailable: 1, failed: 1 });
    expect(Object.keys(counts)).not.toContain('nodeLost');
  });
});
