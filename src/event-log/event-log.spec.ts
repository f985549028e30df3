import { describe, expect, it } from 'vitest';
import {
  append,
  decode,
  entriesOf,
  eventOf,
  logOf,
  newLog,
  placeOf,
  versionsIn,
} from '../../test/support/log.js';
import { TOKEN_BYTES } from './event-log.js';

describe('EventLog', () => {
  it('holds events in order, at consecutive offsets', () => {
    const log = logOf(3);
    expect([log.tail, log.head]).toEqual([1, 4]);
    expect(entriesOf(log).map(({ position }) => position)).toEqual([1, 2, 3]);
    expect([log.at(0), log.at(4)]).toEqual([undefined, undefined]);
  });

  it('keeps the fields of each event that decide who receives it', () => {
    const log = newLog();
    const details = { channelId: 'lobby', previousChannelId: 'attic', at: 7 } as const;
    append(log, [eventOf('alice', 1, { ...details, kind: 'USER_CHANNEL_CHANGED' })]);
    expect(log.at(1)).toMatchObject({
      userId: 'alice',
      channelId: 'lobby',
      previousChannelId: 'attic',
      kind: 'USER_CHANNEL_CHANGED',
      occurredAt: 7,
      next: undefined,
    });
  });

  it('encodes an event once, as a complete response', () => {
    const { block, start, end } = logOf(1).at(1)!;
    const { events, resumeToken } = decode(block.subarray(start, end));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      presence: { userId: 'alice', version: 1 },
      change: { $case: 'userStatusChanged' },
    });
    expect(resumeToken).toBe('');
  });

  it('drops the oldest event when it is full', () => {
    const log = logOf(10, { size: 4 });
    expect([log.tail, log.head]).toEqual([7, 11]);
    expect(log.at(6)).toBeUndefined();
    expect(entriesOf(log).map(({ position }) => position)).toEqual([7, 8, 9, 10]);
  });

  it('drops only events above the maximum age', () => {
    const log = newLog({ maxAgeMs: 100 });
    append(
      log,
      [10, 20, 30].map((at) => eventOf('alice', at, { at })),
    );
    log.trim(109);
    expect(log.tail).toBe(1);
    log.trim(120);
    expect(log.tail).toBe(3);
    log.trim(99_999);
    expect([log.tail, log.head]).toEqual([4, 4]);
    append(log, [eventOf('alice', 40)]);
    expect(log.at(4)).toBeDefined();
  });

  it('links every event to the next one of the same user, only on request', () => {
    const log = newLog({ size: 4 });
    const users = ['a', 'b', 'a', 'a', 'b', 'c'];
    append(
      log,
      users.map((userId, i) => eventOf(userId, i)),
    );
    expect(entriesOf(log).some(({ next }) => next !== undefined)).toBe(false);
    log.indexSuperseded();
    expect(entriesOf(log).map(({ next }) => next?.position)).toEqual([
      4,
      undefined,
      undefined,
      undefined,
    ]);
    append(log, [eventOf('b', 7)]);
    log.indexSuperseded();
    expect(log.at(5)?.next).toBe(log.at(7));
  });

  it('forgets a user when the last event of the user is dropped', () => {
    const log = newLog({ size: 2 });
    for (const [i, userId] of ['a', 'b', 'c', 'd'].entries()) {
      append(log, [eventOf(userId, i)]);
      log.indexSuperseded();
    }
    const { latest } = log as unknown as { readonly latest: ReadonlyMap<string, unknown> };
    expect([...latest.keys()]).toEqual(['c', 'd']);
  });

  it('continues to link where it stopped, or at its tail if that entry was dropped', () => {
    const log = newLog({ size: 3 });
    append(log, [eventOf('a', 1)]);
    log.indexSuperseded();
    append(
      log,
      ['b', 'a', 'b', 'a'].map((userId, i) => eventOf(userId, i)),
    );
    log.indexSuperseded();
    expect(entriesOf(log).map(({ next }) => next?.position)).toEqual([5, undefined, undefined]);
  });

  it('works with room for a single event', () => {
    const log = logOf(3, { size: 1 });
    log.seal();
    expect([log.tail, log.head]).toEqual([3, 4]);
    expect(placeOf(log, decode(log.tokenFragment(4)).resumeToken)).toEqual(
      placeOf(log, log.tokenFor(4)),
    );
  });
});

describe('Resume tokens in the log', () => {
  it('follow the last event on request, once', () => {
    const log = logOf(2);
    log.seal();
    const { block, end, tokenEnd: sealedEnd } = log.at(2)!;
    expect(placeOf(log, decode(block.subarray(end, sealedEnd)).resumeToken)).toEqual(
      placeOf(log, log.tokenFor(3)),
    );
    log.seal();
    expect(log.at(2)!.tokenEnd).toBe(sealedEnd);
    expect(log.at(1)!.tokenEnd).toBe(log.at(1)!.end);
  });

  it('do not exist before the first event', () => {
    const log = newLog();
    log.seal();
    expect(placeOf(log, decode(log.tokenFragment(1)).resumeToken)).toEqual(
      placeOf(log, log.tokenFor(1)),
    );
  });

  it('have space behind every event, also with as many partitions as in a cluster', () => {
    const log = newLog();
    for (let partition = 0; partition < 16; partition++) {
      log.begin({ partition, seq: 2 ** 40, mark: 0xffffffff });
    }
    expect(log.tokenFragment(1).length).toBeLessThanOrEqual(TOKEN_BYTES);
  });

  it('exist for any offset, from the memory of the log if it holds one there', () => {
    const log = logOf(3);
    log.seal();
    expect(log.tokenFragment(4).buffer).toBe(log.at(3)!.block.buffer);
    expect(placeOf(log, decode(log.tokenFragment(2)).resumeToken)).toEqual(
      placeOf(log, log.tokenFor(2)),
    );
  });

  it('are in the log at least every 32 KiB', () => {
    const log = newLog();
    const text = 'x'.repeat(1000);
    for (let version = 0; version < 200; version++)
      append(log, [eventOf('alice', version, { text })]);
    let unsealed = 0;
    let tokens = 0;
    for (const { start, end, tokenEnd: sealedEnd } of entriesOf(log)) {
      unsealed = sealedEnd > end ? 0 : unsealed + end - start;
      if (sealedEnd > end) tokens++;
      expect(unsealed).toBeLessThanOrEqual(32 * 1024);
    }
    expect(tokens).toBe(6);
  });

  it('are valid while the log holds everything after them', () => {
    const log = logOf(7, { size: 4 });
    const tokens = [6, 7, 8].map((position) => log.tokenFor(position));
    for (const version of [8, 9, 10]) append(log, [eventOf('alice', version)]);
    expect(tokens.map((token) => log.find(token)?.start)).toEqual([undefined, 7, 8]);
  });

  it('are invalid in another log', () => {
    const token = logOf(3).tokenFor(2);
    expect(logOf(3).find(token)).toBeUndefined();
    expect(newLog().find(token)).toBeUndefined();
  });

  it('stay valid without further events, however old the last event is', () => {
    const log = logOf(3, { maxAgeMs: 100 });
    const token = log.tokenFor(4);
    log.trim(99_999);
    expect(log.find(token)?.start).toBe(4);
    append(log, [eventOf('alice', 4)]);
    expect(log.find(token)?.start).toBe(4);
  });
});

describe('The bytes of the log', () => {
  it('are the events in order wherever they are sliced, also across blocks', () => {
    const log = newLog({ size: 5000 });
    const text = 'x'.repeat(300);
    const events = Array.from({ length: 2000 }, (_, i) => eventOf('alice', i + 1, { text }));
    for (let i = 0; i < events.length; i += 7) {
      append(log, events.slice(i, i + 7));
      if (i % 3 === 0) log.seal();
    }
    const entries = entriesOf(log);
    const blocks = [...new Set(entries.map(({ block }) => block))];
    expect(blocks.length).toBeGreaterThan(2);
    const versions = blocks.flatMap((block) => {
      const within = entries.filter((entry) => entry.block === block);
      return versionsIn(block.subarray(within[0]!.start, within.at(-1)!.tokenEnd));
    });
    expect(versions).toEqual(events.map(({ presence }) => presence.version));
  });
});
