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
import { MAX_MESSAGE_BYTES, BatchCache } from './batch-cache.js';

describe('A slice', () => {
  it('has the events from a position to the head, and the token of the head', () => {
    const log = logOf(5);
    const { bytes, next } = new BatchCache(log).contiguousFrom(3, 'reader')!;
    expect(versionsIn(bytes)).toEqual([3, 4, 5]);
    expect(placeOf(log, decode(bytes).resumeToken)).toEqual(placeOf(log, log.tokenFor(6)));
    expect(next).toBe(6);
  });

  it('is the same Buffer for all readers at the same offset', () => {
    const slices = new BatchCache(logOf(5));
    expect(slices.contiguousFrom(2, 'reader')!.bytes).toBe(
      slices.contiguousFrom(2, 'reader')!.bytes,
    );
    expect(slices.contiguousFrom(1, 'reader')!.bytes).not.toBe(
      slices.contiguousFrom(2, 'reader')!.bytes,
    );
  });

  it('is memory of the log and no copy', () => {
    const log = logOf(2);
    expect(new BatchCache(log).contiguousFrom(1, 'reader')!.bytes.buffer).toBe(
      log.at(1)!.block.buffer,
    );
  });

  it('is encoded again when the log has grown', () => {
    const log = logOf(2);
    const slices = new BatchCache(log);
    const before = slices.contiguousFrom(1, 'reader')!.bytes;
    append(log, [eventOf('alice', 3)]);
    expect(versionsIn(slices.contiguousFrom(1, 'reader')!.bytes)).toEqual([1, 2, 3]);
    expect(versionsIn(before), 'what was sent stays as it was').toEqual([1, 2]);
  });

  it('ends with its block, and the next slice continues there', () => {
    const log = newLog();
    const text = 'x'.repeat(1000);
    for (let version = 1; version <= 600; version++) append(log, [eventOf('a', version, { text })]);
    const slices = new BatchCache(log);
    const versions: number[] = [];
    let messages = 0;
    for (let position = log.tail; position < log.head; messages++) {
      const { bytes, next } = slices.contiguousFrom(position, 'reader')!;
      expect(bytes.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      versions.push(...versionsIn(bytes));
      position = next;
    }
    expect(versions).toEqual(entriesOf(log).map((_, i) => i + 1));
    expect(messages).toBe(3);
  });
});

describe('Selected events', () => {
  it('come in order, with the token of the offset that their reader has after them', () => {
    const log = logOf(5);
    const message = new BatchCache(log).encodeSelected([log.at(2)!, log.at(4)!], 5);
    expect(versionsIn(message)).toEqual([2, 4]);
    expect(placeOf(log, decode(message).resumeToken)).toEqual(placeOf(log, log.tokenFor(5)));
  });

  it('are the same Buffer for all readers at the head with the same selection', () => {
    const log = logOf(5);
    const slices = new BatchCache(log);
    const chosen = [log.at(2)!, log.at(4)!];
    const message = slices.encodeShared(chosen, log.head);
    expect(slices.encodeShared([...chosen], log.head)).toBe(message);
    expect(slices.encodeShared([log.at(2)!], log.head)).not.toBe(message);
    expect(placeOf(log, decode(message).resumeToken)).toEqual(placeOf(log, log.tokenFor(6)));
  });

  it('come with the token of the current head when they are selected again', () => {
    const log = logOf(5);
    const slices = new BatchCache(log);
    slices.encodeShared([log.at(2)!], log.head);
    append(log, [eventOf('alice', 6)]);
    expect(placeOf(log, decode(slices.encodeShared([log.at(2)!], log.head)).resumeToken)).toEqual(
      placeOf(log, log.tokenFor(7)),
    );
  });
});

describe('Each event that is sent', () => {
  it('is counted once for each of its readers', () => {
    const log = logOf(5);
    const slices = new BatchCache(log);
    slices.contiguousFrom(3, 'reader')!;
    slices.contiguousFrom(3, 'reader')!;
    expect([slices.events, slices.messages]).toEqual([6, 2]);
    slices.encodeShared([log.at(2)!, log.at(4)!], log.head);
    slices.encodeShared([log.at(2)!, log.at(4)!], log.head);
    slices.encodeSelected([log.at(1)!], undefined);
    expect([slices.events, slices.messages]).toEqual([11, 5]);
  });
});
