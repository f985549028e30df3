import { describe, expect, it, vi } from 'vitest';
import { EventWorld, type Reader } from '../../test/support/events.js';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import { filterOf } from '../../test/support/log.js';
import { connect, disconnect, join } from '../../test/support/play.js';

describe('A heartbeat', () => {
  useFakeTimers();

  it('in the middle of a flush has no token beyond the events that its subscriber has received', async () => {
    const world = new EventWorld();
    const readers: Reader[] = [];
    // There are more readers than one slice of the event loop serves.
    for (let i = 0; i < 40; i++) {
      readers.push(await world.subscribe({ filter: filterOf({ userIds: ['ann'] }) }));
    }
    world.clock.advance(60_000);
    await world.happen('ann', connect('s'));
    vi.advanceTimersToNextTimer();
    const waiting = readers.filter((reader) => reader.events.length === 0);
    expect(waiting).not.toEqual([]);
    world.fanOut.runMaintenance();
    for (const { lastToken } of waiting) {
      const resumed = await world.subscribe({
        filter: filterOf({ userIds: ['ann'] }),
        resumeToken: lastToken,
      });
      expect(resumed.events).toHaveLength(1);
    }
  });
});

describe('The lag of subscribers', () => {
  useFakeTimers();

  it('has the number of lagging subscribers, and the lag of the slowest one', async () => {
    const world = new EventWorld();
    const slow = await world.subscribe({}, { credits: 1 });
    await world.subscribe({ filter: filterOf({ userIds: ['ann'] }) });
    expect(world.fanOut.lag()).toEqual({ subscribers: 0, events: 0, ms: 0 });
    await world.happen('ann', connect('s'));
    await world.happen('ann', join('s', 'lobby'));
    vi.runAllTimers();
    world.clock.advance(500);
    // Each action took one millisecond.
    expect(world.fanOut.lag()).toEqual({ subscribers: 1, events: 2, ms: 501 });
    slow.letGoOn(5);
    expect(world.fanOut.lag()).toEqual({ subscribers: 0, events: 0, ms: 0 });
  });

  it('has the distance to the tail of the log for a truncated position', async () => {
    const world = new EventWorld({ size: 3 });
    await world.subscribe({ latestOnly: true }, { credits: 1 });
    for (let i = 0; i < 5; i++) await world.happen('ann', i % 2 ? disconnect('s') : connect('s'));
    vi.runAllTimers();
    expect(world.fanOut.lag()).toMatchObject({ subscribers: 1, events: 5, ms: 2 });
  });

  it('comes with the numbers of delivered events and messages, and their latency', async () => {
    const world = new EventWorld();
    for (let i = 0; i < 40; i++) await world.subscribe();
    await world.subscribe({ filter: filterOf({ channelIds: ['lobby'] }) });
    await world.subscribe({}, { credits: 1 });
    await world.happen('ann', connect('s'));
    await world.happen('ann', join('s', 'lobby'));
    vi.advanceTimersByTime(7);
    vi.runAllTimers();
    expect(world.fanOut.slices.events).toBe(40 * 2 + 1);
    expect(world.fanOut.slices.messages).toBe(41);
    const { values } = await world.fanOut.deliveryLatency.get();
    const [count] = values.filter(({ metricName }) => metricName?.endsWith('_count'));
    // One value for the slice of 32 subscriptions, and one for the slice of the other subscriptions.
    expect(count).toMatchObject({ value: 2 });
  });

  it('restarts a subscriber of the latest events whose position was truncated', async () => {
    const world = new EventWorld({ size: 3 });
    const slow = await world.subscribe({ latestOnly: true }, { credits: 1 });
    for (let i = 0; i < 5; i++) await world.happen('ann', i % 2 ? disconnect('s') : connect('s'));
    vi.runAllTimers();
    slow.letGoOn(5);
    expect(world.service.resets).toEqual({ resume_token: 0, slow_reader: 1, replayed_commit: 0 });
  });
});
