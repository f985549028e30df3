import type { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventWorld, eventLines } from '../../test/support/events.js';
import { filterOf } from '../../test/support/log.js';
import { runEverything, slowDown, useFakeTimers } from '../../test/support/fake-timers.js';
import { connectWith, disconnect, hideFrom, mute } from '../../test/support/play.js';
import { MEMBER, restrictedViewer } from '../../test/support/viewers.js';
import { Sync } from '../api/generated/presence/v1/events_service.pb.js';
import type { Input } from '../domain/input.js';
import { unrestrictedViewer } from '../domain/viewer.js';
import type { Commit } from '../store/presence-store.js';

const { SYNC_CURRENT, SYNC_RESET } = Sync;
const GROUPS_ONLY = { visibility: 'groups', channelAccess: 'granted' } as const;

const ADMIN = unrestrictedViewer('admin');

let world: EventWorld;
useFakeTimers();
beforeEach(() => void (world = new EventWorld({ access: GROUPS_ONLY })));

describe('A viewer of a commit that takes several slices of the event loop', () => {
  let speedUp: () => void;
  beforeEach(() => void (speedUp = slowDown()));
  afterEach(() => speedUp());

  /** Opens subscriptions with other rights, which have to be checked first. */
  async function subscribeOthers(): Promise<void> {
    for (let i = 0; i < 10; i++)
      await world.subscribed(restrictedViewer(`other-${i}`, { groups: ['acme', `${i}`] }), {
        skipSnapshot: true,
      });
  }

  it('receives it once, also if others subscribe, leave and act meanwhile', async () => {
    await subscribeOthers();
    const reader = await world.subscribed(MEMBER, { skipSnapshot: true });
    const gone = await world.subscribed({ ...MEMBER, userId: 'gone' }, { skipSnapshot: true });
    await world.happen('ann', connectWith('acme'));
    for (let i = 0; i < 5; i++) vi.advanceTimersToNextTimer();
    expect(reader.messages).toEqual([]);
    gone.subscription!.unsubscribe();
    await world.happen('bob', connectWith('acme'));
    const options = { skipSnapshot: true };
    const late = await world.subscribed({ ...MEMBER, userId: 'late' }, options);
    const both = restrictedViewer('another', { groups: ['acme', 'bolt'] });
    const other = await world.subscribed(both, options);
    vi.runAllTimers();
    expect(eventLines(reader)).toEqual([['userOnline'], ['userOnline']]);
    expect([late.events, other.events, gone.events]).toEqual([[], [], []]);
  });

  it('ends as too slow, or restarts, if the log drops the commit meanwhile', async () => {
    world = new EventWorld({ access: GROUPS_ONLY, size: 3 });
    await subscribeOthers();
    const reader = await world.subscribed(MEMBER, { skipSnapshot: true });
    const latest = await world.subscribed({ ...MEMBER, userId: 'latest' }, { latestOnly: true });
    await runEverything();
    latest.messages.length = 0;
    await world.happen('ann', connectWith('acme'));
    for (let i = 0; i < 5; i++) vi.advanceTimersToNextTimer();
    for (let i = 0; i < 10; i++) await world.happen('ann', mute('a', { speaker: i % 2 === 0 }));
    await runEverything();
    expect(reader.rejection).toMatchObject({ reason: 'SUBSCRIBER_TOO_SLOW' });
    expect(eventLines(latest)).toEqual([[SYNC_RESET], ['ann'], [SYNC_CURRENT]]);
    await world.happenAndFlush('ann', disconnect('a'));
    expect(eventLines(latest).at(-1)).toEqual(['userOffline']);
  });
});

describe('A subscriber to whom a commit arrives without the state before it', () => {
  /** Lets the store deliver a commit as a replayed one. */
  async function replay(userId: string, input: Input): Promise<void> {
    const commits = Reflect.get(world.store, 'committed') as Subject<Commit>;
    const next = commits.next.bind(commits);
    vi.spyOn(commits, 'next').mockImplementationOnce((each) =>
      next({ ...each, before: undefined }),
    );
    await world.happenAndFlush(userId, input);
  }

  it('restarts with a snapshot if it needs the state, and receives the commit otherwise', async () => {
    await world.happenAndFlush('ann', connectWith('acme'), hideFrom('eve'));
    const restricted = await world.subscribed(MEMBER);
    const byGroup = await world.subscribed(ADMIN, { filter: filterOf({ groupIds: ['acme'] }) }, [
      'acme',
    ]);
    const hidden = await world.subscribed(unrestrictedViewer('eve'));
    const hiddenByUser = await world.subscribed(unrestrictedViewer('eve'), {
      filter: filterOf({ userIds: ['ann'] }),
    });
    const admin = await world.subscribed(ADMIN);
    await replay('ann', mute('a', { speaker: true }));
    for (const reader of [restricted, byGroup])
      expect(eventLines(reader)).toEqual([[SYNC_RESET], ['ann'], [SYNC_CURRENT]]);
    expect(eventLines(hidden)).toEqual([[SYNC_RESET], [SYNC_CURRENT]]);
    expect(eventLines(hiddenByUser)).toEqual([[SYNC_RESET], ['ann'], [SYNC_CURRENT]]);
    expect(eventLines(admin)).toEqual([['userMuteStateChanged']]);
    expect(world.service.resets.replayed_commit).toBe(4);
    await world.happenAndFlush('ann', mute('a', { speaker: false }));
    for (const reader of [restricted, byGroup, admin])
      expect(eventLines(reader).at(-1)).toEqual(['userMuteStateChanged']);
  });

  it('restarts when it reads, if it lagged', async () => {
    await world.happenAndFlush('ann', connectWith('acme'));
    const slow = await world.subscribe({}, { viewer: MEMBER, credits: 0 });
    await replay('ann', mute('a', { speaker: true }));
    slow.letGoOn(Infinity);
    vi.runAllTimers();
    expect(slow.rejection).toBeUndefined();
    expect(eventLines(slow)).toEqual([[SYNC_RESET], ['ann'], [SYNC_CURRENT]]);
  });
});
