import { describe, expect, it } from 'vitest';
import { Allowance } from './allowance.js';

describe('An allowance', () => {
  it('is what may be held at a time, and no more', () => {
    const allowance = new Allowance(10);
    expect(allowance.take(7)).toBe(true);
    expect(allowance.take(4)).toBe(false);
    expect(allowance.take(3)).toBe(true);
    allowance.giveBack(7);
    expect(allowance.take(7)).toBe(true);
  });

  it('is shared with everyone else', () => {
    const all = new Allowance(15);
    const [first, second] = [new Allowance(10, all), new Allowance(10, all)];
    expect(first.take(10)).toBe(true);
    expect(second.take(6)).toBe(false);
    expect(second.take(5)).toBe(true);
    first.giveBack(10);
    expect(second.take(5)).toBe(true);
  });

  it('keeps nothing of what one of them refused', () => {
    const all = new Allowance(100);
    const one = new Allowance(10, all);
    expect(one.take(11)).toBe(false);
    expect(all.take(100)).toBe(true);
  });
});
