import { describe, expect, it } from 'vitest';
import { Distribution } from './distribution.js';

describe('A distribution', () => {
  it('counts a value in every range that holds it, bounds included', () => {
    const distribution = new Distribution([1, 2, 5]);
    for (const value of [0, 1, 1.5, 5, 5.1]) distribution.add(value);
    expect(distribution.cumulative).toEqual([2, 3, 4, 5]);
    expect(distribution.sum).toBeCloseTo(12.6);
  });

  it('takes in many of a kind at once', () => {
    const distribution = new Distribution([1]);
    distribution.add(3, 4);
    distribution.add(3, 0);
    expect(distribution.cumulative).toEqual([0, 4]);
    expect(distribution.sum).toBe(12);
  });

  it('has nothing to tell at first', () => {
    expect(new Distribution([1, 2]).cumulative).toEqual([0, 0, 0]);
  });
});
