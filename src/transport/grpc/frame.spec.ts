import { describe, expect, it } from 'vitest';
import { encodeFrame, cachedFrame } from './frame.js';

describe('A frame', () => {
  it('is the message behind a byte for no compression and four for its length', () => {
    expect([...encodeFrame(Buffer.from([7, 8, 9]))]).toEqual([0, 0, 0, 0, 3, 7, 8, 9]);
    expect([...encodeFrame(Buffer.alloc(0))]).toEqual([0, 0, 0, 0, 0]);
    expect(encodeFrame(Buffer.alloc(70_000)).readUInt32BE(1)).toBe(70_000);
  });

  it('is the same for all streams that send the same message', () => {
    const message = Buffer.from('a message');
    expect(cachedFrame(message)).toBe(cachedFrame(message));
    expect(cachedFrame(message)).not.toBe(cachedFrame(Buffer.from('a message')));
  });
});
