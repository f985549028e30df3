import { describe, expect, it } from 'vitest';
import { RateLimit } from './rate-limit.js';

/** Returns how many of `attempts` at one moment are admitted. */
function admitted(limit: RateLimit, attempts: number, now: number, key = 'ann'): number {
  let count = 0;
  for (let i = 0; i < attempts; i++) if (limit.tryConsume(key, 1, now) === 0) count++;
  return count;
}

describe('RateLimit', () => {
  it.each([1, 3, 7, 30, 50, 999])('lets in %i a second, and twice that in a burst', (perSecond) => {
    const limit = new RateLimit(perSecond);
    expect(admitted(limit, 5 * perSecond, 12_345.678)).toBe(2 * perSecond);
    expect(admitted(limit, 5 * perSecond, 13_345.678)).toBe(perSecond);
  });

  it('lets in one at a time behind a burst, each when the wait is over and not a millisecond before', () => {
    const limit = new RateLimit(50);
    let now = 1000;
    admitted(limit, 100, now);
    for (let i = 0; i < 10; i++) {
      expect(limit.tryConsume('ann', 1, now)).toBe(20);
      expect(limit.tryConsume('ann', 1, now + 19)).toBe(1);
      now += 20;
      expect(limit.tryConsume('ann', 1, now)).toBe(0);
    }
  });

  it('consumes nothing for a rejected request', () => {
    const limit = new RateLimit(50);
    admitted(limit, 100, 0);
    expect(admitted(limit, 1000, 0)).toBe(0);
    expect(limit.delay('ann', 1, 0)).toBe(20);
  });

  it('knows keys apart', () => {
    const limit = new RateLimit(50);
    admitted(limit, 200, 0);
    expect(admitted(limit, 200, 0, 'bob')).toBe(100);
  });

  it('charges the cost of a call', () => {
    const limit = new RateLimit(10);
    expect(limit.tryConsume('ann', 15, 0)).toBe(0);
    expect(limit.tryConsume('ann', 15, 0)).toBe(1000);
    expect(limit.tryConsume('ann', 5, 0)).toBe(0);
  });

  it('accepts a call that costs more than a burst after a long enough pause, and then rejects calls until it is paid', () => {
    const limit = new RateLimit(10);
    limit.consume('ann', 1, 0);
    expect(limit.tryConsume('ann', 100, 0)).toBe(100);
    expect(limit.tryConsume('ann', 100, 100)).toBe(0);
    expect(limit.delay('ann', 1, 100)).toBe(10_000 - 2000 + 100);
  });

  it('is no limit when it is zero, and remembers nothing', () => {
    const limit = new RateLimit(0);
    expect(admitted(limit, 10_000, 0)).toBe(10_000);
    expect(limit.delay('ann', 1e9, 0)).toBe(0);
    expect(limit.size).toBe(0);
  });

  it('forgets a key whose limit is unused again', () => {
    const limit = new RateLimit(1000);
    for (let i = 0; i < 100_000; i++) limit.consume(`user-${i}`, 1, i);
    expect(limit.size).toBeLessThanOrEqual(3);
  });

  it('removes unused keys as fast as new keys arrive, however many were in use', () => {
    const limit = new RateLimit(1000);
    for (let i = 0; i < 10_000; i++) limit.consume(`user-${i}`, 2000, 0);
    expect(limit.size).toBe(10_000);
    for (let i = 0; i < 10_000; i++) limit.consume('ann', 1, 3000);
    expect(limit.size).toBe(1);
  });
});
