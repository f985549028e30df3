import { describe, expect, it } from 'vitest';
import { RetrySlots } from './retry-slots.js';

describe('Retry slots', () => {
  it('are assigned one after the other at the accepted rate', () => {
    const turns = new RetrySlots(100);
    for (let i = 1; i <= 100; i++) {
      const wait = turns.next(5000);
      expect(wait).toBeGreaterThanOrEqual(10 * i);
      expect(wait).toBeLessThanOrEqual(11 * i);
    }
  });

  it('begin anew when the last one has passed', () => {
    const turns = new RetrySlots(100);
    for (let i = 0; i < 100; i++) turns.next(0);
    expect(turns.next(1001)).toBeLessThanOrEqual(11);
  });

  it('are at most half a minute from now, plus a random tenth', () => {
    const turns = new RetrySlots(1);
    for (let i = 0; i < 1000; i++) expect(turns.next(0)).toBeLessThanOrEqual(33_000);
    expect(turns.next(0)).toBeGreaterThanOrEqual(30_000);
  });
});
