import { describe, expect, it } from 'vitest';
import { Random } from './random.js';
import { trendOf, type Point } from './trend.js';

const A_MINUTE = 60_000;

/** Creates one point per minute. */
function points(minutes: number, valueAt: (minute: number) => number): readonly Point[] {
  return Array.from({ length: minutes }, (_, i) => ({ at: i * A_MINUTE, value: valueAt(i) }));
}

/** Deterministic noise of up to 5 in both directions. */
function wobbling(): () => number {
  const random = new Random(1);
  return () => random.between(-5, 5);
}

describe('A trend', () => {
  it('is flat for values that vary, and for values that fall', () => {
    const wobble = wobbling();
    expect(
      trendOf(
        points(41, () => 100 + wobble()),
        1,
      ).isFlat,
    ).toBe(true);
    expect(
      trendOf(
        points(41, (i) => 200 - i),
        1,
      ).isFlat,
    ).toBe(true);
  });

  it('finds a leak below varying values, and its size', () => {
    const wobble = wobbling();
    const leak = points(41, (i) => 100 + i / 4 + wobble());
    const { isFlat, rise, risePerHour } = trendOf(leak, 1);
    expect(isFlat).toBe(false);
    expect(Math.abs(rise - 10)).toBeLessThan(2);
    expect(risePerHour).toBeCloseTo(rise * 1.5);
  });

  it('ignores a single peak', () => {
    const calm = (i: number): number => 100 + (i > 35 ? 60 : 0);
    expect(trendOf(points(40, calm), 1).isFlat).toBe(true);
  });

  it('ignores a rise of less than a twentieth, or less than the noise', () => {
    expect(
      trendOf(
        points(41, (i) => 100 + i / 10),
        1,
      ).isFlat,
    ).toBe(true);
    expect(
      trendOf(
        points(41, (i) => 100 + i / 7),
        1,
      ).isFlat,
    ).toBe(false);
    expect(
      trendOf(
        points(41, (i) => 100 + i / 7),
        8,
      ).isFlat,
    ).toBe(true);
  });
});
