import { beforeEach, describe, expect, it } from 'vitest';
import { connect, POLICY } from '../../../test/support/play.js';
import { step } from '../../domain/step.js';
import type { CommitPosition } from '../presence-store.js';
import { MemoryCommitHistory } from './memory-commit-history.js';
import { MemoryPresenceStore } from './memory-presence-store.js';

describe('The history of a store in memory', () => {
  let store: MemoryPresenceStore;
  let history: MemoryCommitHistory;
  beforeEach(() => {
    store = new MemoryPresenceStore({ maxOfflineUsers: 10 });
    history = new MemoryCommitHistory(store);
  });

  function newest(): CommitPosition {
    let position: CommitPosition | undefined;
    store.partitionResets.subscribe((each) => (position = each)).unsubscribe();
    return position!;
  }

  const commit = (userId: string): Promise<unknown> =>
    store.update(userId, (user) => step(user, connect(`session of ${userId}`), 1, POLICY));

  it('has nothing after the newest commit', async () => {
    await commit('ann');
    const position = newest();
    expect(await history.readAfter(position)).toEqual({ commits: [], last: position });
    expect(await history.positionOf(0, position.seq)).toEqual(position);
  });

  it('knows no older commit, no later one and no other partition', async () => {
    const before = newest();
    await commit('ann');
    const position = newest();
    const others = [
      before,
      { ...position, seq: position.seq + 1 },
      { ...position, mark: position.mark ^ 1 },
      { ...position, partition: 1 },
    ];
    for (const other of others) expect(await history.readAfter(other)).toBeUndefined();
    expect(await history.positionOf(0, before.seq)).toBeUndefined();
    expect(await history.positionOf(1, position.seq)).toBeUndefined();
  });

  it('keeps no commits, so no subscription reads old events from it, and loses none while it runs', async () => {
    expect(history.keepsCommits).toBe(false);
    expect(await history.readOldest()).toBeUndefined();
    expect(history.isContinuousFrom()).toBe(true);
  });
});
