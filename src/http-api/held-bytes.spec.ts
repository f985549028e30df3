import { describe, expect, it } from 'vitest';
import { HeldBytes } from './held-bytes.js';

const KB = 1024;

describe('What calls hold', () => {
  it('is bounded for all of them together, until they let go of it', () => {
    const held = new HeldBytes(100 * KB);
    const [first, second] = [held.hold(), held.hold()];
    expect(first.raiseTo(100 * KB)).toBe(true);
    expect(second.raiseTo(33 * KB)).toBe(false);
    first.release();
    expect(second.raiseTo(33 * KB)).toBe(true);
  });

  it('is counted once as it grows, and not at all while it is little', () => {
    const held = new HeldBytes(100 * KB);
    const call = held.hold();
    for (let bytes = 0; bytes <= 116 * KB; bytes += KB) expect(call.raiseTo(bytes)).toBe(true);
    expect(call.raiseTo(117 * KB)).toBe(false);
    expect(held.hold().raiseTo(16 * KB)).toBe(true);
  });
});
