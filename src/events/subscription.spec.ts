import { beforeEach, describe, expect, it, vi } from 'vitest';
import { runEverything, useFakeTimers } from '../../test/support/fake-timers.js';
import { EventWorld, eventLines } from '../../test/support/events.js';
import { append, eventOf, filterOf, placeOf, resumeSecrets } from '../../test/support/log.js';
import { activity, connect, disconnect, join, mute } from '../../test/support/play.js';
import { Sync } from '../api/generated/presence/v1/events_service.pb.js';
import { MAX_MESSAGE_BYTES } from '../event-log/batch-cache.js';
import { TokenSealer } from '../sealed-tokens/token-sealer.js';
import { SealingKeys } from '../sealed-tokens/sealing-keys.js';

const { SYNC_CURRENT, SYNC_RESET } = Sync;

let world: EventWorld;
useFakeTimers();
beforeEach(() => {
  world = new EventWorld();
});

describe('A subscription', () => {
  it('begins with the matching presences, then SYNC_CURRENT', async () => {
    await world.happen('bob', connect('b'));
    await world.happen('ann', connect('a'));
    const reader = await world.subscribe();
    expect(eventLines(reader)).toEqual([['ann', 'bob'], [SYNC_CURRENT]]);
    expect(placeOf(world.log, reader.lastToken)).toEqual(
      placeOf(world.log, world.log.tokenFor(world.log.head)),
    );
  });

  it('begins with the named users, online or not, and the users in the named channels', async () => {
    await world.happen('ann', connect('a'));
    await world.happen('ann', join('a', 'lobby'));
    await world.happen('bob', connect('b'));
    const filter = filterOf({ userIds: ['zoe', 'ann'], channelIds: ['lobby', 'attic'] });
    const reader = await world.subscribe({ filter });
    expect(eventLines(reader)[0]).toEqual(['zoe', 'ann']);
  });

  it('begins without presences if it requested none', async () => {
    await world.happen('ann', connect('a'));
    const reader = await world.subscribe({ skipSnapshot: true });
    expect(eventLines(reader)).toEqual([[SYNC_CURRENT]]);
  });

  it('sends a large snapshot in parts when the reader accepts them, all as of one offset', async () => {
    for (let i = 0; i < 1200; i++) await world.happen(`user ${i}`, connect(`s${i}`));
    const reader = await world.subscribe({}, { credits: 1 });
    await runEverything();
    await world.happen('late', connect('l'));
    vi.runAllTimers();
    expect(reader.messages).toHaveLength(1);
    reader.letGoOn(Infinity);
    // Other work of the event loop runs before the next message is created, even if the reader could take it at once.
    expect(reader.messages).toHaveLength(2);
    reader.letGoOn(Infinity);
    expect(reader.messages).toHaveLength(2);
    vi.runAllTimers();
    const parts = reader.messages.map(({ snapshot, events }) => [snapshot.length, events.length]);
    expect(parts).toEqual([
      [500, 0],
      [500, 0],
      [200, 0],
      [0, 1],
      [0, 0],
    ]);
    expect(eventLines(reader).at(-1)).toEqual([SYNC_CURRENT]);
  });

  it('receives all events of one flush in one message', async () => {
    const reader = await world.subscribe();
    await world.happen('ann', connect('a'));
    await world.happen('ann', join('a', 'lobby'));
    expect(reader.messages).toHaveLength(1);
    vi.advanceTimersByTime(0);
    expect(eventLines(reader).slice(1)).toEqual([['userOnline', 'userChannelChanged']]);
    expect(placeOf(world.log, reader.lastToken)).toEqual(
      placeOf(world.log, world.log.tokenFor(world.log.head)),
    );
  });

  it('receives nothing after it has ended', async () => {
    const reader = await world.subscribe();
    expect(world.fanOut.size).toBe(1);
    reader.subscription?.unsubscribe();
    expect(world.fanOut.size).toBe(0);
    await world.happen('ann', connect('a'));
    vi.runAllTimers();
    expect(reader.events).toEqual([]);
  });

  it('makes no message larger than the maximum, however many events a flush has for it', async () => {
    world = new EventWorld({ size: 10_000 });
    const userId = 'a'.repeat(100);
    const reader = await world.subscribe({ filter: filterOf({ userIds: [userId] }) });
    await world.happen(userId, connect('a'));
    for (let i = 0; i < 5000; i++) await world.happen(userId, mute('a', { speaker: i % 2 === 0 }));
    vi.runAllTimers();
    expect(reader.events).toHaveLength(5001);
    expect(Math.max(...reader.sizes)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  });
});

describe('A subscription that resumes', () => {
  it('continues after its resume token without a snapshot', async () => {
    const first = await world.subscribe();
    await world.happen('ann', connect('a'));
    vi.advanceTimersByTime(0);
    first.subscription?.unsubscribe();
    await world.happen('ann', join('a', 'lobby'));
    await world.happen('ann', disconnect('a'));
    const second = await world.subscribe({ resumeToken: first.lastToken });
    expect(eventLines(second)).toEqual([
      ['userChannelChanged', 'userChannelChanged', 'userOffline'],
      [SYNC_CURRENT],
    ]);
  });

  it('receives everything that it missed, also with DELIVERY_LATEST, because it did not lag', async () => {
    const resumeToken = world.log.tokenFor(1);
    await world.happen('ann', connect('a'));
    await world.happen('ann', join('a', 'lobby'));
    const reader = await world.subscribe({ resumeToken, latestOnly: true });
    expect(eventLines(reader)[0]).toEqual(['userOnline', 'userChannelChanged']);
  });

  it('is reset if the log no longer has its position or has another epoch', async () => {
    world = new EventWorld({ size: 2 });
    const lost = world.log.tokenFor(1);
    const foreign = new EventWorld().log.tokenFor(1);
    await world.happen('ann', connect('a'));
    await world.happen('ann', join('a', 'lobby'));
    await world.happen('ann', join('a', 'attic'));
    for (const resumeToken of [lost, foreign]) {
      const reader = await world.subscribe({ resumeToken });
      expect(eventLines(reader)).toEqual([[SYNC_RESET], ['ann'], [SYNC_CURRENT]]);
      const stateless = await world.subscribe({ resumeToken, skipSnapshot: true });
      expect(eventLines(stateless)).toEqual([[SYNC_RESET], [SYNC_CURRENT]]);
    }
  });

  it('scans a long log in slices, so that other work runs in between', async () => {
    world = new EventWorld({ size: 30_000 });
    const resumeToken = world.log.tokenFor(1);
    append(
      world.log,
      Array.from({ length: 25_000 }, (_, i) => eventOf('bob', i)),
    );
    append(world.log, [eventOf('ann', 1)]);
    const reader = await world.subscribe({ filter: filterOf({ userIds: ['ann'] }), resumeToken });
    vi.advanceTimersToNextTimer();
    expect(reader.messages).toEqual([]);
    vi.advanceTimersToNextTimer();
    expect(eventLines(reader)).toEqual([['userStatusChanged'], [SYNC_CURRENT]]);
  });

  it('is reset by a token that was changed or is from another service', async () => {
    await world.happen('ann', connect('a'));
    const good = Buffer.from(world.log.tokenFor(1), 'base64url');
    const changed = Buffer.from(good);
    changed[changed.length - 1]! ^= 1;
    const foreign = new TokenSealer(new SealingKeys(), 'resume').seal(good);
    const otherwise = new TokenSealer(resumeSecrets, 'page').seal(good);
    for (const resumeToken of [changed.toString('base64url'), foreign, otherwise]) {
      const reader = await world.subscribe({ resumeToken });
      expect(eventLines(reader)).toEqual([[SYNC_RESET], ['ann'], [SYNC_CURRENT]]);
      expect(placeOf(world.log, reader.lastToken).start).toBe(world.log.head);
    }
  });

  it('is rejected with a malformed resume token', async () => {
    const reader = await world.subscribe({ resumeToken: 'yesterday' });
    expect(reader.rejection).toMatchObject({ reason: 'INVALID_FIELD', field: 'resume_token' });
  });
});

describe('A slow subscription', () => {
  it('ends when the log has dropped its events, even while it accepts no message', async () => {
    world = new EventWorld({ size: 3 });
    const reader = await world.subscribe({}, { credits: 1 });
    await world.happen('ann', connect('a'));
    for (const id of ['lobby', 'attic', 'lobby']) await world.happen('ann', join('a', id));
    vi.runAllTimers();
    expect(reader.rejection).toBeUndefined();
    world.fanOut.runMaintenance();
    expect(reader.rejection?.reason).toBe('SUBSCRIBER_TOO_SLOW');
    expect(world.fanOut.size).toBe(0);
  });

  it('with DELIVERY_LATEST skips outdated events, and then receives every event again', async () => {
    const reader = await world.subscribe({ latestOnly: true }, { credits: 1 });
    await world.happen('ann', connect('a'));
    for (const id of ['lobby', 'attic']) await world.happen('ann', join('a', id));
    vi.runAllTimers();
    reader.letGoOn(Infinity);
    expect(eventLines(reader).slice(1)).toEqual([['userChannelChanged']]);
    for (const id of ['lobby', 'attic']) await world.happen('ann', join('a', id));
    vi.runAllTimers();
    expect(eventLines(reader).slice(2)).toEqual([['userChannelChanged', 'userChannelChanged']]);
  });
});

describe('Maintenance', () => {
  it('sends a message with only a token after a quiet heartbeat interval', async () => {
    const reader = await world.subscribe();
    world.clock.advance(999);
    world.fanOut.runMaintenance();
    expect(reader.messages).toHaveLength(1);
    world.clock.advance(1);
    world.fanOut.runMaintenance();
    expect(eventLines(reader).slice(1)).toEqual([[]]);
    expect(placeOf(world.log, reader.lastToken)).toEqual(
      placeOf(world.log, world.log.tokenFor(world.log.head)),
    );
    world.fanOut.runMaintenance();
    expect(reader.messages).toHaveLength(2);
  });

  it('sends the position up to which the subscriber has received everything, and no later one', async () => {
    const reader = await world.subscribe();
    await world.happen('ann', connect('a'));
    world.clock.advance(1000);
    world.fanOut.runMaintenance();
    expect(placeOf(world.log, reader.lastToken)).toEqual(placeOf(world.log, world.log.tokenFor(1)));
  });

  it('sends no heartbeat to a subscriber that does not read', async () => {
    const reader = await world.subscribe({}, { credits: 1 });
    world.clock.advance(5000);
    world.fanOut.runMaintenance();
    expect(reader.messages).toHaveLength(1);
  });

  it('ends a subscription whose token has expired', async () => {
    const reader = await world.subscribe({}, { expiresAt: world.clock.now() + 100 });
    world.clock.advance(99);
    world.fanOut.runMaintenance();
    expect(reader.rejection).toBeUndefined();
    world.clock.advance(1);
    world.fanOut.runMaintenance();
    expect(reader.rejection?.reason).toBe('TOKEN_EXPIRED');
    expect(world.fanOut.size).toBe(0);
  });

  it('trims the log', async () => {
    await world.happen('ann', connect('a'));
    world.clock.advance(60_000);
    world.fanOut.runMaintenance();
    expect(world.log.tail).toBe(world.log.head);
  });

  it('has nothing to do for commits without events', async () => {
    await world.happen('ann', connect('a'));
    vi.runAllTimers();
    await world.happen('ann', activity('a'));
    expect(vi.getTimerCount()).toBe(0);
  });
});
