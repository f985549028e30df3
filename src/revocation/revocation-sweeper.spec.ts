import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { CommandExecutor } from '../commands/command-executor.js';
import type { Config } from '../config/config.js';
import { MemoryPresenceStore } from '../store/memory/memory-presence-store.js';
import { RevocationSweeper } from './revocation-sweeper.js';

const HOUR_MS = 3_600_000;

describe('The sweep of revocations', () => {
  const clock = new ManualClock();
  let store: MemoryPresenceStore;
  beforeEach(() => void (store = new MemoryPresenceStore({ maxOfflineUsers: 10 })));

  function sweeperWith(maxTokenLifetimeMs: number | undefined) {
    const config = { auth: { maxTokenLifetimeMs }, policy: {} } as unknown as Config;
    const commands = new CommandExecutor(store, clock, config);
    const revoke = (userId: string): Promise<unknown> =>
      commands.execute(userId, { type: 'revokeTokens', issuedBefore: clock.wall() });
    return { sweeper: new RevocationSweeper(store, commands, clock, config), revoke };
  }

  it('forgets those whose tokens have all expired by the wall clock, with the leeway, and keeps the others', async () => {
    const { sweeper, revoke } = sweeperWith(HOUR_MS);
    for (let i = 0; i < 250; i++) await revoke(`early ${i}`);
    clock.advance(1000);
    await revoke('late');
    clock.setWall(HOUR_MS + 5999);
    await sweeper.sweep();
    expect(store.view.tokensValidFrom.size).toBe(251);
    clock.setWall(1);
    await sweeper.sweep();
    expect([...store.view.tokensValidFrom.keys()]).toEqual(['late']);
  });

  it('keeps all of them for ever if tokens have no maximum lifetime', async () => {
    const { sweeper, revoke } = sweeperWith(undefined);
    await revoke('ann');
    clock.advance(1000 * HOUR_MS);
    await sweeper.sweep();
    expect(store.view.tokensValidFrom.size).toBe(1);
  });
});
