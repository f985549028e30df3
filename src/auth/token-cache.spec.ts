import { principalOf } from '../../test/support/principal.js';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { TokenCache } from './token-cache.js';

const ALICE = principalOf('alice');

/** Returns clocks that agree, unless `wall` is given. */
function at(monotonic: number, wall = monotonic): ManualClock {
  const clock = new ManualClock(monotonic);
  clock.setWall(wall - monotonic);
  return clock;
}

describe('a verified token', () => {
  it('is known for half a minute', () => {
    const tokens = new TokenCache();
    tokens.add('token', ALICE, 1_000);
    expect(tokens.callerOf('token', at(30_999))).toBe(ALICE);
    expect(tokens.callerOf('token', at(31_000))).toBeUndefined();
    expect(tokens.callerOf('another', at(1_000))).toBeUndefined();
  });

  it('is not cached longer than it is valid', () => {
    const tokens = new TokenCache();
    tokens.add('token', { ...ALICE, expiresAt: 2_000 }, 1_000);
    expect(tokens.callerOf('token', at(1_999))).toBeDefined();
    expect(tokens.callerOf('token', at(2_000))).toBeUndefined();
  });

  it('is known for no longer and no shorter when the wall clock is set, unless it expires by that', () => {
    const tokens = new TokenCache();
    tokens.add('token', { ...ALICE, expiresAt: 50_000 }, 1_000);
    expect(tokens.callerOf('token', at(30_999, 1))).toBeDefined();
    expect(tokens.callerOf('token', at(31_000, 1))).toBeUndefined();
    expect(tokens.callerOf('token', at(2_000, 49_999))).toBeDefined();
    expect(tokens.callerOf('token', at(2_000, 50_000))).toBeUndefined();
  });

  it('makes room for others when there are too many, the oldest first', () => {
    const tokens = new TokenCache();
    tokens.add('first', ALICE, 0);
    tokens.add('second', ALICE, 0);
    tokens.add('first', ALICE, 0);
    for (let i = 0; i < 9_999; i++) tokens.add(`token ${i}`, ALICE, 0);
    expect(tokens.size).toBe(10_000);
    expect(tokens.callerOf('second', at(0))).toBeUndefined();
    expect(tokens.callerOf('first', at(0))).toBe(ALICE);
  });

  it('is dropped from the cache after half a minute', () => {
    const tokens = new TokenCache();
    tokens.add('first', ALICE, 0);
    tokens.add('short', { ...ALICE, expiresAt: 2_000 }, 1_000);
    tokens.add('last', ALICE, 10_000);
    tokens.forgetOld(29_999);
    expect(tokens.size).toBe(3);
    tokens.forgetOld(31_000);
    expect(tokens.size).toBe(1);
    expect(tokens.callerOf('last', at(30_000))).toBe(ALICE);
    tokens.forgetOld(40_000);
    expect(tokens.size).toBe(0);
  });
});
