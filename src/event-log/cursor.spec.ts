import { describe, expect, it } from 'vitest';
import {
  append,
  decode,
  eventOf,
  filterOf,
  interestIn,
  logOf,
  newLog,
  placeOf,
  versionsIn,
} from '../../test/support/log.js';
import { Cursor } from './cursor.js';
import type { EventLog } from './event-log.js';
import type { Filter } from './filter.js';
import { MAX_MESSAGE_BYTES, BatchCache } from './batch-cache.js';

function cursorOn(log: EventLog, filter: Filter = filterOf(), position = 1): Cursor {
  return new Cursor(log, new BatchCache(log), interestIn(filter), position);
}

/** Returns all messages up to the head. */
function readAll(cursor: Cursor, latestOnly = false): (readonly number[])[] {
  const messages: (readonly number[])[] = [];
  while (!cursor.isAtHead) {
    const message = cursor.read(latestOnly);
    if (message !== undefined) messages.push(versionsIn(message));
  }
  return messages;
}

const mixed = newLog();
for (const event of [
  eventOf('a', 1, { kind: 'USER_ONLINE' }),
  eventOf('b', 2, { kind: 'USER_CHANNEL_CHANGED', channelId: 'lobby' }),
  eventOf('a', 3, { kind: 'USER_CHANNEL_CHANGED', channelId: 'attic' }),
  eventOf('b', 4, { kind: 'USER_CHANNEL_CHANGED', previousChannelId: 'lobby' }),
  eventOf('c', 5, { kind: 'USER_OFFLINE' }),
  eventOf('b', 6, { kind: 'USER_OFFLINE' }),
]) {
  append(mixed, [event]);
}

describe('A cursor', () => {
  it('reads from its offset up to the head', () => {
    const cursor = cursorOn(logOf(5), filterOf(), 4);
    expect(cursor.isAtHead).toBe(false);
    expect(versionsIn(cursor.read(false))).toEqual([4, 5]);
    expect(cursor.isAtHead).toBe(true);
    expect(cursor.read(false)).toBeUndefined();
  });

  it('returns the events of the followed users and channels', () => {
    const read = (filter: Parameters<typeof filterOf>[0]) =>
      readAll(cursorOn(mixed, filterOf(filter))).flat();
    expect(read({ userIds: ['a'] })).toEqual([1, 3]);
    expect(read({ channelIds: ['lobby'] }), 'who left it is news there').toEqual([2, 4]);
    expect(read({ userIds: ['c'], channelIds: ['attic'] })).toEqual([3, 5]);
    expect(read({ userIds: ['nobody'] })).toEqual([]);
  });

  it('returns only the requested kinds of event', () => {
    const kinds = ['USER_OFFLINE', 'USER_ONLINE'] as const;
    expect(readAll(cursorOn(mixed, filterOf({ kinds }))).flat()).toEqual([1, 5, 6]);
    expect(readAll(cursorOn(mixed, filterOf({ kinds, userIds: ['b'] }))).flat()).toEqual([6]);
  });

  it('omits superseded events with DELIVERY_LATEST', () => {
    expect(readAll(cursorOn(mixed), true).flat()).toEqual([3, 5, 6]);
    const inLobby = filterOf({ channelIds: ['lobby'] });
    expect(readAll(cursorOn(mixed, inLobby), true).flat()).toEqual([4]);
    const moves = filterOf({ kinds: ['USER_CHANNEL_CHANGED'] });
    expect(readAll(cursorOn(mixed, moves), true).flat(), 'later ones are not for it').toEqual([
      3, 4,
    ]);
  });

  it('has the position after each message', () => {
    const filter = filterOf({ userIds: ['a'] });
    const message = cursorOn(mixed, filter).read(false)!;
    expect(placeOf(mixed, decode(message).resumeToken)).toEqual(
      placeOf(mixed, mixed.tokenFor(mixed.head)),
    );
  });

  it('is truncated when the log has dropped events that it has not read', () => {
    const log = logOf(4, { size: 4 });
    const cursor = cursorOn(log);
    expect(cursor.isTruncated).toBe(false);
    append(log, [eventOf('alice', 5)]);
    expect(cursor.isTruncated).toBe(true);
    cursor.position = 2;
    expect(cursor.isTruncated).toBe(false);
  });

  it('makes no message larger than the maximum, and loses nothing', () => {
    const log = newLog();
    const text = 'x'.repeat(1000);
    for (let version = 1; version <= 600; version++) append(log, [eventOf('a', version, { text })]);
    const cursor = cursorOn(log, filterOf({ userIds: ['a'] }));
    const versions: number[] = [];
    for (let message = cursor.read(false); message; message = cursor.read(false)) {
      expect(message.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect(placeOf(log, decode(message).resumeToken)).toEqual(
        placeOf(log, log.tokenFor(cursor.position)),
      );
      versions.push(...versionsIn(message));
    }
    expect(versions).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
  });

  it('checks a limited number of events per call and continues with the next call', () => {
    const log = logOf(25_000, { size: 30_000 });
    append(log, [eventOf('bob', 1)]);
    const cursor = cursorOn(log, filterOf({ userIds: ['bob'] }));
    expect([cursor.read(false), cursor.position]).toEqual([undefined, 10_001]);
    expect([cursor.read(false), cursor.position]).toEqual([undefined, 20_001]);
    expect(versionsIn(cursor.read(false))).toEqual([1]);
  });

  it('takes events that the caller has found for it, and is at the head', () => {
    const log = logOf(5);
    const cursor = cursorOn(log, filterOf({ userIds: ['alice'] }), 2);
    expect(versionsIn(cursor.advance([log.at(3)!, log.at(5)!], log.head))).toEqual([3, 5]);
    expect(cursor.isAtHead).toBe(true);
  });
});
