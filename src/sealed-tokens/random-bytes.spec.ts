import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { RandomBytes } from './random-bytes.js';

describe('Random values', () => {
  it('have the given length, and never occur twice', () => {
    const values = new RandomBytes(16);
    const all = Array.from({ length: 2000 }, () => values.next().toString('hex'));
    expect(all.every((value) => value.length === 32)).toBe(true);
    expect(new Set(all).size).toBe(all.length);
  });

  it('are fetched together, 256 at a time', () => {
    const fetch = vi.fn((bytes: number): Buffer => randomBytes(bytes));
    const values = new RandomBytes(16, fetch);
    for (let i = 0; i < 256; i++) values.next();
    expect(fetch.mock.calls).toEqual([[4096]]);
    values.next();
    expect(fetch).toHaveBeenCalledTimes(2);
  });
});
