import { describe, expect, it } from 'vitest';
import { Series } from './series.js';
import { sparkline } from './sparkline.js';

const BOX = { width: 30, height: 10, capacity: 4 };

describe('A sparkline', () => {
  it('ends at the right edge, and begins where the first value is', () => {
    expect(sparkline([0, 4, 8], BOX)).toEqual({
      line: 'M10 10L20 6L30 2',
      area: 'M10 10L20 6L30 2L30 10L10 10Z',
    });
  });

  it('is a line at the bottom if all values are zero', () => {
    expect(sparkline([0, 0], BOX).line).toBe('M20 10L30 10');
  });

  it('is broken where a value is not known', () => {
    expect(sparkline([8, 8, undefined, 8], BOX).line).toBe('M0 2L10 2');
  });

  it('is empty before there are two values', () => {
    expect(sparkline([], BOX)).toEqual({ line: '', area: '' });
    expect(sparkline([3], BOX)).toEqual({ line: '', area: '' });
  });
});

describe('A series', () => {
  it('keeps the latest values, up to its bound', () => {
    const series = new Series(2);
    for (const value of [1, undefined, 3]) series.push(value);
    expect(series.values).toEqual([undefined, 3]);
    expect(series.latest).toBe(3);
  });
});
