import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventWorld } from '../../test/support/events.js';
import { slowDown } from '../../test/support/fake-timers.js';
import { connect, hideFrom } from '../../test/support/play.js';
import { principalOf } from '../../test/support/principal.js';
import type { CommandExecutor } from '../commands/command-executor.js';
import type { Config } from '../config/config.js';
import { unknownPresence, type Presence } from '../domain/presence.js';
import { ReadLimit } from '../limits/read-limit.js';
import { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import type { PresenceList, Slice } from '../store/presence-reader.js';
import { PageReader, type Listing } from './page-reader.js';
import { PresenceService } from './presence.service.js';

describe('A page of users who take long to evaluate', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  const userIds = Array.from({ length: 20 }, (_, i) => `user-${String(i).padStart(2, '0')}`);
  const isSeen = (userId: string): boolean => !userId.endsWith('5');

  /** Lists the users after an id. To evaluate one takes a millisecond, also if the viewer does not see it. */
  function* list(after: string | undefined, slice: Slice, evaluated: () => void): PresenceList {
    for (const userId of userIds) {
      if (after !== undefined && userId <= after) continue;
      vi.advanceTimersByTime(1);
      evaluated();
      const presence: Presence = { ...unknownPresence(userId), status: 'ONLINE' };
      if (isSeen(userId)) yield presence;
      if (slice.isOver) return userId;
    }
    return undefined;
  }

  it('is read in slices, with other work in between, and without gaps', async () => {
    let others = 0;
    let isDone = false;
    const other = (): void => {
      others++;
      if (!isDone) globalThis.setImmediate(other);
    };
    globalThis.setImmediate(other);
    let [inSlice, seen, longest] = [0, 0, 0];
    const listing: Listing = {
      after: (userId, slice) =>
        list(userId, slice, () => {
          inSlice = seen === others ? inSlice + 1 : 1;
          seen = others;
          longest = Math.max(longest, inSlice);
        }),
      totalSize: 18,
    };
    const pages = new PageReader(new SealingKeys());
    const found: string[] = [];
    let pageToken = '';
    do {
      const page = await pages.read('', 'all', { pageSize: 7, pageToken }, listing);
      found.push(...page.presences.map(({ userId }) => userId));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    isDone = true;
    expect(found).toEqual(userIds.filter(isSeen));
    expect(longest).toBeLessThanOrEqual(3);
  });
});

describe('A page that is read while a user begins to hide from its reader', () => {
  it('does not have that user', async () => {
    const world = new EventWorld();
    for (const userId of ['ann', 'bob', 'cem']) await world.happen(userId, connect('s'));
    const speedUp = slowDown();
    const reads = new ReadLimit(world.clock, {
      limits: { presencesPerSecondPerUser: 0 },
    } as Config);
    const commands = {} as CommandExecutor;
    const service = new PresenceService(
      commands,
      world.store,
      reads,
      world.clock,
      new SealingKeys(),
    );
    const all = { statuses: [], groupId: '' };
    const page = service.listOnlineUsers(principalOf('eve'), all, { pageSize: 10, pageToken: '' });
    // The first slice has read one user.
    await setImmediate();
    await world.happen('cem', hideFrom('eve'));
    const { presences } = await page;
    speedUp();
    expect(presences.map(({ userId }) => userId)).toEqual(['ann', 'bob']);
  });
});
