import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { principalOf } from '../../test/support/principal.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { connect, joinToo } from '../../test/support/play.js';
import { EventWorld } from '../../test/support/events.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import type { CommandExecutor } from '../commands/command-executor.js';
import type { Config } from '../config/config.js';
import { unknownPresence, type Presence } from '../domain/presence.js';
import { ReadLimit } from '../limits/read-limit.js';
import { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import { costOf, readBatch } from './batch.js';
import { PresenceService } from './presence.service.js';

const asIs = (presence: Presence): Presence => presence;

function inChannels(userId: string, count: number): Presence {
  const [channelId, ...otherChannelIds] = Array.from({ length: count }, (_, i) => `room-${i}`);
  return { ...unknownPresence(userId), status: 'ONLINE', channelId, otherChannelIds };
}

describe('A batch of presences', () => {
  it('evaluates and converts each user once, however often it is named', async () => {
    const read = vi.fn(unknownPresence);
    const convert = vi.fn(asIs);
    const userIds = Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 'ann' : 'bob'));
    const { converted } = await readBatch(userIds, read, convert);
    expect(converted.map(({ userId }) => userId)).toEqual(userIds);
    expect(read.mock.calls).toEqual([['ann'], ['bob']]);
    expect(convert).toHaveBeenCalledTimes(2);
  });

  it('is rejected if it is too large, before the other users are read', async () => {
    const userIds = Array.from({ length: 1000 }, (_, i) => `user-${i}`);
    const read = vi.fn((userId: string) => inChannels(userId, 1000));
    const tooLarge = { reason: 'INVALID_FIELD', field: 'user_ids' };
    await expect(readBatch(userIds, read, asIs)).rejects.toMatchObject(tooLarge);
    expect(read.mock.calls.length).toBeLessThan(60);
    const same = userIds.map(() => 'ann');
    await expect(readBatch(same, read, asIs)).rejects.toMatchObject(tooLarge);
  });

  it('fits with the largest attributes and texts', async () => {
    const attributes = new Map(
      Array.from({ length: 32 }, (_, i) => [`${i}`.padStart(28), 'x'.repeat(100)]),
    );
    const statusText = '\u{1f600}'.repeat(128);
    const read = (userId: string): Presence => ({
      ...inChannels(userId, 1),
      ...{ attributes, statusText },
    });
    const userIds = Array.from({ length: 1000 }, (_, i) => `${i}`.padStart(512));
    const { converted } = await readBatch(userIds, read, asIs);
    expect(converted).toHaveLength(1000);
  });

  it('counts as more presences if it is large', async () => {
    const costFor = async (count: number): Promise<number> =>
      costOf(await readBatch(['ann', 'bob'], (userId) => inChannels(userId, count), asIs));
    expect(await costFor(0)).toBe(2);
    expect(await costFor(5)).toBe(2);
    expect(await costFor(1000)).toBeGreaterThan(100);
  });
});

describe('A batch of users that take long to evaluate', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('is read in slices, with other work in between', async () => {
    let others = 0;
    let isDone = false;
    const other = (): void => {
      others++;
      if (!isDone) setImmediate(other);
    };
    setImmediate(other);
    let inSlice = 0;
    let seen = 0;
    let longest = 0;
    const read = (userId: string): Presence => {
      inSlice = seen === others ? inSlice + 1 : 1;
      seen = others;
      longest = Math.max(longest, inSlice);
      vi.advanceTimersByTime(1);
      return unknownPresence(userId);
    };
    const userIds = Array.from({ length: 20 }, (_, i) => `user-${i}`);
    expect((await readBatch(userIds, read, asIs)).converted).toHaveLength(20);
    isDone = true;
    expect(longest).toBe(2);
    expect(others).toBeGreaterThanOrEqual(9);
  });
});

describe('BatchGetPresences', () => {
  it('checks each channel of a user once, also in later calls, and charges the read limit', async () => {
    const world = new EventWorld();
    for (const userId of ['ann', 'bob']) {
      await world.happen(userId, connect('s'));
      for (let i = 0; i < 50; i++) await world.happen(userId, joinToo('s', `${userId}-${i}`));
    }
    const mayWatch = vi.fn((channelId: string) => channelId.endsWith('7'));
    const viewer = { ...restrictedViewer('eve', { groups: [] }), mayWatch };
    const limits = { presencesPerSecondPerUser: 1000 };
    const reads = new ReadLimit(new ManualClock(), { limits } as Config);
    const consume = vi.spyOn(reads, 'consume');
    const [commands, keys] = [{} as CommandExecutor, new SealingKeys()];
    const service = new PresenceService(commands, world.store, reads, world.clock, keys);
    const caller = principalOf('eve', { viewer });
    const userIds = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 'ann' : 'bob'));
    for (let call = 0; call < 3; call++) {
      const presences = await service.batchGetPresences(caller, userIds, asIs);
      expect(presences).toHaveLength(100);
      expect(presences[0]!.otherChannelIds).toEqual(['ann-7', 'ann-17', 'ann-27', 'ann-37']);
    }
    const isCurrent = ([channelId]: readonly string[]): boolean => channelId!.endsWith('-49');
    const calls = mayWatch.mock.calls;
    expect(calls.filter((call) => !isCurrent(call))).toHaveLength(2 * 49);
    expect(consume).toHaveBeenCalledTimes(3);
  });
});
