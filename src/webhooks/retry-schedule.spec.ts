import { describe, expect, it } from 'vitest';
import { MAX_RETRY_MS, retryAfterHeader, retryAfterMs } from './retry-schedule.js';

describe('The pause before an attempt', () => {
  it('doubles its upper limit with each failure, from the first pause to five minutes', () => {
    const longest = (failures: number): number => retryAfterMs(failures, 1000, 0, () => 1);
    expect([1, 2, 3, 4].map(longest)).toEqual([2000, 4000, 8000, 16_000]);
    expect(longest(9)).toBe(MAX_RETRY_MS);
    expect(longest(5000)).toBe(MAX_RETRY_MS);
  });

  it('is random between the first pause and the upper limit', () => {
    expect(retryAfterMs(3, 1000, 0, () => 0)).toBe(1000);
    expect(retryAfterMs(3, 1000, 0, () => 0.5)).toBe(4500);
  });

  it('is at least what the receiver asks for, and at most five minutes', () => {
    expect(retryAfterMs(1, 1000, 60_000, () => 1)).toBe(60_000);
    expect(retryAfterMs(1, 1000, 3_600_000, () => 1)).toBe(MAX_RETRY_MS);
    expect(retryAfterMs(4, 1000, 1, () => 1)).toBe(16_000);
  });
});

describe('Retry-After', () => {
  it('has seconds or a date', () => {
    expect(retryAfterHeader('120', 0)).toBe(120_000);
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterHeader('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000);
    expect(retryAfterHeader('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
  });

  it('is ignored if it is anything else', () => {
    for (const text of [null, '', 'soon', '-5', '1e3'.repeat(9)])
      expect(retryAfterHeader(text, 0), String(text)).toBeUndefined();
  });
});
