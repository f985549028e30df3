import { describe, expect, it } from 'vitest';
import { BatchBuilder, MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from './batch.js';
import type { CloudEvent } from './cloud-event.js';

const event = (id: string, bytes = 10): CloudEvent => ({
  id,
  json: JSON.stringify('x'.repeat(bytes - 2)),
});

/** Adds commits until one does not fit, and returns how many did. */
function fill(builder: BatchBuilder, commit: readonly CloudEvent[]): number {
  for (let count = 0; ; count++) if (!builder.add(commit)) return count;
}

describe('A batch', () => {
  it('has at most 100 events', () => {
    const builder = new BatchBuilder();
    expect(fill(builder, [event('a')])).toBe(MAX_BATCH_EVENTS);
    expect(builder.build(undefined).events).toBe(100);
  });

  it('has at most 256 KiB', () => {
    for (const bytes of [9_999, 30_000, 262_000]) {
      const builder = new BatchBuilder();
      const count = fill(builder, [event('a', bytes)]);
      const { body } = builder.build(undefined);
      expect(Buffer.byteLength(body)).toBe(count * (bytes + 1) + 1);
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
      expect(Buffer.byteLength(body) + bytes + 1).toBeGreaterThan(MAX_BATCH_BYTES);
    }
  });

  it('measures bytes and not characters', () => {
    const builder = new BatchBuilder();
    const wide = { id: 'a', json: JSON.stringify('é'.repeat(50_000)) };
    expect(fill(builder, [wide])).toBe(2);
  });

  it('never divides a commit, and takes one alone that is too large', () => {
    const builder = new BatchBuilder();
    const commit = Array.from({ length: 60 }, (_, i) => event(String(i)));
    expect(fill(builder, commit)).toBe(1);
    const large = new BatchBuilder();
    expect(large.add([event('a', MAX_BATCH_BYTES)])).toBe(true);
    expect(large.add([event('b')])).toBe(false);
  });

  it('is a JSON array of its events, in order', () => {
    const builder = new BatchBuilder();
    builder.add([
      { id: 'a', json: '{"n":1}' },
      { id: 'b', json: '{"n":2}' },
    ]);
    builder.add([]);
    builder.add([{ id: 'c', json: '{"n":3}' }]);
    const position = { seq: 5, mark: 6, occurredAt: 7 };
    const batch = builder.build(position);
    expect(JSON.parse(batch.body)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(batch.position).toBe(position);
  });
});
