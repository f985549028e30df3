import { afterEach, beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import { filterOf } from '../../test/support/log.js';
import { connect, mute } from '../../test/support/play.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import type { Config } from '../config/config.js';
import type { Input } from '../domain/input.js';
import { step } from '../domain/step.js';
import type { Drain } from '../lifecycle/drain.js';
import { EventLog, type FragmentEncoder } from '../log/event-log.js';
import type { Filter } from '../log/filter.js';
import { MemoryPresenceStore } from '../store/memory/memory-presence-store.js';
import { fragmentEncoder } from './encode.js';
import { EventsService, type Connection } from './events.service.js';
import { FanOut } from './fan-out.js';

const POLICY = {
  idleTimeoutMs: 300_000,
  heartbeatTimeoutMs: 15_000,
  reconnectGraceMs: 0,
  maxSessionsPerUser: 20,
};

/** A subscriber that reads everything at once, and counts what it costs the server. */
class Meter implements Connection {
  readonly messages: Buffer[] = [];
  /** How often anything asked for it. */
  looks = 0;

  get isReady(): boolean {
    this.looks++;
    return true;
  }

  onReady(): void {}
  cutOffUnlessClosed(): void {}
}

// What a benchmark shows in microseconds, shown in counts: a regression fails here without any timing.
describe('An event', () => {
  let encoded: Mock<FragmentEncoder['event']>;
  let store: MemoryPresenceStore;
  let service: EventsService;
  const clock = new ManualClock();

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] });
    encoded = vi.fn(fragmentEncoder.event);
    store = new MemoryPresenceStore({ maxOfflineUsers: 10 });
    const encoder = { ...fragmentEncoder, event: encoded };
    const log = new EventLog({ size: 1000, maxAgeMs: 60_000 }, encoder);
    const config = { streamHeartbeatIntervalMs: 1000, maxSubscriptionsPerUser: 20_000 } as Config;
    const fanOut = new FanOut(store, log, clock, config);
    const drain = { enter: () => () => {} } as unknown as Drain;
    service = new EventsService(store, log, fanOut, drain, clock, config);
  });
  afterEach(() => void vi.useRealTimers());

  async function happen(userId: string, input: Input): Promise<void> {
    await store.update(userId, (user) => step(user, input, clock.now(), POLICY));
  }

  async function subscribe(filter: Filter): Promise<Meter> {
    const meter = new Meter();
    const caller = { userId: 'meter', isAdmin: false, expiresAt: undefined };
    const options = { filter, resumeToken: '', skipSnapshot: true, latestOnly: false };
    service.subscribe(caller, options, meter).subscribe((bytes) => meter.messages.push(bytes));
    await Promise.resolve();
    meter.messages.length = meter.looks = 0;
    return meter;
  }

  function subscribeMany(count: number, filter: (i: number) => Filter): Promise<Meter[]> {
    return Promise.all(Array.from({ length: count }, (_, i) => subscribe(filter(i))));
  }

  function round(): void {
    vi.runAllTimers();
  }

  it('is encoded once, and sent to everyone as the very same bytes', async () => {
    const meters = await subscribeMany(1000, () => filterOf());
    await happen('alice', connect('s'));
    round();
    expect(encoded).toHaveBeenCalledTimes(1);
    const [first] = meters[0]!.messages;
    expect(first).toBeInstanceOf(Buffer);
    for (const { messages } of meters) {
      expect(messages).toHaveLength(1);
      expect(messages[0]).toBe(first);
    }
  });

  it('goes out with all others of its round in one write for each subscriber', async () => {
    const meters = await subscribeMany(100, () => filterOf());
    await happen('alice', connect('s'));
    for (let i = 0; i < 50; i++) await happen('alice', mute('s', { speaker: i % 2 === 0 }));
    round();
    expect(encoded).toHaveBeenCalledTimes(51);
    for (const { messages } of meters) expect(messages).toHaveLength(1);
  });

  it('costs those who follow it, whatever the number of others', async () => {
    const meters = await subscribeMany(10_000, (i) => filterOf({ userIds: [`user-${i}`] }));
    await happen('user-7', connect('s'));
    round();
    const [followers, others] = [meters.slice(7, 8), meters.toSpliced(7, 1)];
    expect(followers.map(({ messages }) => messages.length)).toEqual([1]);
    expect(others.filter(({ looks }) => looks > 0)).toEqual([]);
  });

  it('is one Buffer for all followers of the same user', async () => {
    const meters = await subscribeMany(10, (i) => filterOf({ userIds: ['alice', `other-${i}`] }));
    await happen('alice', connect('s'));
    round();
    expect(new Set(meters.map(({ messages }) => messages[0])).size).toBe(1);
  });

  it('is not encoded for a command that changes nothing', async () => {
    await happen('alice', connect('s'));
    encoded.mockClear();
    for (let i = 0; i < 100; i++) await happen('alice', mute('s', { speaker: false }));
    expect(encoded).not.toHaveBeenCalled();
  });
});
