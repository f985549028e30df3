import { afterEach, beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import { EventWorld, HEARTBEAT_MS } from '../../test/support/events.js';
import { filterOf, resumeSeal } from '../../test/support/log.js';
import { connect, grantsOf, join, joinToo, leave, mute } from '../../test/support/play.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import { unrestrictedViewer, type Viewer } from '../domain/viewer.js';
import type { FragmentEncoder } from '../event-log/event-log.js';
import type { Filter } from '../event-log/filter.js';
import { fragmentEncoder } from '../api/event-mapper.js';
import type { SubscriberStream } from './events.service.js';
import { principalOf } from '../../test/support/principal.js';

/** A subscriber that reads everything at once, and counts how often the server accesses it. */
class Meter implements SubscriberStream {
  readonly messages: Buffer[] = [];
  /** The number of times that `isReady` was read. */
  looks = 0;

  get isReady(): boolean {
    this.looks++;
    return true;
  }

  onReady(): void {}
}

// These tests count operations instead of measuring time, so they find a performance regression without timing.
describe('An event', () => {
  let encoded: Mock<FragmentEncoder['event']>;
  let world: EventWorld;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] });
    encoded = vi.fn(fragmentEncoder.event);
    world = new EventWorld({ encoder: { ...fragmentEncoder, event: encoded } });
  });
  afterEach(() => void vi.useRealTimers());

  async function subscribe(
    filter: Filter,
    viewer: Viewer = unrestrictedViewer('meter'),
  ): Promise<Meter> {
    const meter = new Meter();
    const caller = principalOf(viewer.userId, { viewer });
    const options = { filter, resumeToken: '', skipSnapshot: true, latestOnly: false };
    world.service
      .subscribe(caller, options, meter)
      .subscribe((bytes) => meter.messages.push(bytes));
    await Promise.resolve();
    meter.messages.length = meter.looks = 0;
    return meter;
  }

  function subscribeMany(count: number, filter: (i: number) => Filter): Promise<Meter[]> {
    return Promise.all(
      Array.from({ length: count }, (_, i) =>
        subscribe(filter(i), unrestrictedViewer(`meter-${i}`)),
      ),
    );
  }

  function round(): void {
    vi.runAllTimers();
  }

  it('is encoded once, and sent to everyone as the same bytes', async () => {
    const meters = await subscribeMany(1000, () => filterOf());
    await world.happen('alice', connect('s'));
    round();
    expect(encoded).toHaveBeenCalledTimes(1);
    const [first] = meters[0]!.messages;
    expect(first).toBeInstanceOf(Buffer);
    for (const { messages } of meters) {
      expect(messages).toHaveLength(1);
      expect(messages[0]).toBe(first);
    }
  });

  it('is sent with all other events of its flush in one write per subscriber', async () => {
    const meters = await subscribeMany(100, () => filterOf());
    await world.happen('alice', connect('s'));
    for (let i = 0; i < 50; i++) await world.happen('alice', mute('s', { speaker: i % 2 === 0 }));
    round();
    expect(encoded).toHaveBeenCalledTimes(51);
    for (const { messages } of meters) expect(messages).toHaveLength(1);
  });

  it('shares one resume token per flush with all other events', async () => {
    await subscribeMany(500, (i) => filterOf({ userIds: ['alice', `other-${i}`] }));
    const everyone = await subscribeMany(500, () => filterOf());
    const seal = vi.spyOn(resumeSeal, 'seal');
    await world.happen('alice', connect('s'));
    round();
    for (const speaker of [true, false]) {
      await world.happen('alice', mute('s', { speaker }));
      round();
    }
    expect(seal).toHaveBeenCalledTimes(3);
    expect(everyone[0]!.messages).toHaveLength(3);
    // A subscriber that arrives now receives a token of its own: an equal one would reveal that there was no event.
    await subscribeMany(100, () => filterOf());
    expect(seal).toHaveBeenCalledTimes(103);
    // All heartbeats of a round share one resume token.
    world.clock.advance(HEARTBEAT_MS);
    world.fanOut.runMaintenance();
    expect(seal).toHaveBeenCalledTimes(104);
    seal.mockRestore();
  });

  it('costs time only for its subscribers, whatever the number of others', async () => {
    const meters = await subscribeMany(10_000, (i) => filterOf({ userIds: [`user-${i}`] }));
    await world.happen('user-7', connect('s'));
    round();
    const [followers, others] = [meters.slice(7, 8), meters.toSpliced(7, 1)];
    expect(followers.map(({ messages }) => messages.length)).toEqual([1]);
    expect(others.filter(({ looks }) => looks > 0)).toEqual([]);
  });

  it('is one Buffer for all followers of the same user', async () => {
    const meters = await subscribeMany(10, (i) => filterOf({ userIds: ['alice', `other-${i}`] }));
    await world.happen('alice', connect('s'));
    round();
    expect(new Set(meters.map(({ messages }) => messages[0])).size).toBe(1);
  });

  it('is shared by all viewers of a group, and costs no time for those of others', async () => {
    const groupOf = (i: number): Viewer =>
      restrictedViewer(`meter-${i}`, { groups: [`group-${i % 50}`], channels: [] });
    const meters = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => subscribe(filterOf(), groupOf(i))),
    );
    await world.happen('alice', connect('s', { token: grantsOf('group-7') }));
    round();
    // Once for the log, as viewers who see everything receive it, and once for the viewers of the group.
    expect(encoded).toHaveBeenCalledTimes(2);
    encoded.mockClear();
    for (const meter of meters) meter.messages.length = 0;
    await world.happen('alice', mute('s', { speaker: true }));
    round();
    expect(encoded).toHaveBeenCalledTimes(1);
    const [peers, others] = [0, 1].map((side) =>
      meters.filter((_, i) => (i % 50 === 7 ? side === 0 : side === 1)),
    );
    expect(peers).toHaveLength(20);
    expect(new Set(peers!.map(({ messages }) => messages[0])).size).toBe(1);
    expect(peers![0]!.messages[0]).toBeInstanceOf(Buffer);
    expect(others!.filter(({ looks }) => looks > 0)).toEqual([]);
  });

  it('is encoded once for each view, whatever the number of viewers and rights', async () => {
    const views = [['lobby'], ['attic'], ['lobby', 'attic'], ['lobby', 'unknown'], []];
    await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        subscribe(filterOf(), restrictedViewer(`m-${i}`, { channels: views[i % 5]! })),
      ),
    );
    await world.happen('alice', connect('s'));
    await world.happen('alice', join('s', 'lobby'));
    round();
    encoded.mockClear();
    await world.happen('alice', joinToo('s', 'attic'));
    round();
    // Once for viewers of both channels, and once for viewers of the attic. Viewers of only the lobby see no change.
    expect(encoded).toHaveBeenCalledTimes(2);
    await world.happen('alice', leave('s'));
    round();
    // Once for each view: both channels, only the lobby, and only the attic.
    expect(encoded).toHaveBeenCalledTimes(5);
  });

  it('checks each channel of a user once for each of the rights, whatever else changes', async () => {
    const checked: string[] = [];
    const viewerOf = (i: number): Viewer => ({
      ...restrictedViewer(`m-${i}`, { groups: [`group-${i}`], channels: [] }),
      mayWatch: (channelId): boolean => {
        checked.push(channelId);
        return channelId === 'room-7';
      },
    });
    await Promise.all(Array.from({ length: 20 }, (_, i) => subscribe(filterOf(), viewerOf(i))));
    await world.happen('alice', connect('s'));
    for (let i = 0; i < 40; i++) await world.happen('alice', joinToo('s', `room-${i}`));
    round();
    checked.length = 0;
    await world.happen('alice', joinToo('s', 'lobby'));
    round();
    const others = (): readonly string[] =>
      checked.filter((id) => id !== 'lobby' && id !== 'room-39');
    expect(others()).toEqual([]);
    checked.length = 0;
    for (const speaker of [true, false, true]) {
      await world.happen('alice', mute('s', { speaker }));
      round();
    }
    expect(others()).toEqual([]);
  });

  it('is checked in slices of the event loop if many rights and channels matter', async () => {
    const now = vi.spyOn(performance, 'now');
    let time = 0;
    let checks = 0;
    now.mockImplementation(() => time);
    const viewerOf = (i: number): Viewer => ({
      ...restrictedViewer(`m-${i}`, { groups: [`group-${i}`] }),
      mayWatch: (channelId): boolean => {
        checks++;
        time += 0.02;
        return i === 7 && channelId === 'room-7';
      },
    });
    const meters = await Promise.all(
      Array.from({ length: 100 }, (_, i) => subscribe(filterOf(), viewerOf(i))),
    );
    await world.happen('alice', connect('s'));
    for (let i = 0; i < 50; i++) await world.happen('alice', joinToo('s', `room-${i}`));
    const inSlices: number[] = [];
    while (vi.getTimerCount() > 0) {
      checks = 0;
      vi.advanceTimersToNextTimer();
      inSlices.push(checks);
    }
    // One channel for all of the rights, or all channels for one of them.
    expect(Math.max(...inSlices)).toBeLessThanOrEqual(200);
    expect(inSlices.filter((each) => each > 0).length).toBeGreaterThan(40);
    const informed = meters.flatMap(({ messages }, i) => (messages.length > 0 ? [i] : []));
    expect(informed).toEqual([7]);
    now.mockRestore();
  });

  it('has no facts before there is a restricted viewer', async () => {
    await subscribe(filterOf());
    await world.happen('alice', connect('s', { token: grantsOf('acme') }));
    expect(world.log.at(1)!.facts).toBeUndefined();
    const restricted = world.service
      .subscribe(
        principalOf('guest', { viewer: restrictedViewer('guest', { channels: [] }) }),
        { filter: filterOf(), resumeToken: '', skipSnapshot: true, latestOnly: false },
        new Meter(),
      )
      .subscribe(() => {});
    await world.happen('alice', join('s', 'lobby'));
    expect(world.log.at(2)!.facts).toBeDefined();
    // The restricted viewer may resume, so the log keeps the facts after its subscription has ended.
    restricted.unsubscribe();
    await world.happen('alice', join('s', 'attic'));
    expect(world.log.at(3)!.facts).toBeDefined();
  });

  it('is not encoded for a command that changes nothing', async () => {
    await world.happen('alice', connect('s'));
    encoded.mockClear();
    for (let i = 0; i < 100; i++) await world.happen('alice', mute('s', { speaker: false }));
    expect(encoded).not.toHaveBeenCalled();
  });
});
