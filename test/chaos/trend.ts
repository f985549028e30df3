import { median } from '../load/median.js';

/** What was measured at a moment, in milliseconds. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** Whether something grows. */
export interface Trend {
  /** What it mostly was. */
  readonly level: number;
  /** By how much the fitted line rises from the first point to the last. */
  readonly rise: number;
  readonly risePerHour: number;
  readonly isFlat: boolean;
}

/** A rise that is a smaller share of the level than this is none. */
const SHARE = 0.05;

const AN_HOUR_MS = 3_600_000;

/**
 * Fits a line as Theil and Sen do: its slope is the median of the slopes between all pairs of points, so that neither one
 * collection of garbage nor one fault bends it. Flat is what rises by less than a twentieth of its level, or by less than
 * `noise`, over all that was measured: the longer that is, the slower a leak it finds.
 */
export function trendOf(points: readonly Point[], noise: number): Trend {
  const slopes = points.flatMap((a, i) =>
    points.slice(i + 1).map((b) => (b.value - a.value) / (b.at - a.at)),
  );
  const slope = slopes.length === 0 ? 0 : median(slopes);
  const level = median(points.map(({ value }) => value));
  const rise = slope * (points.at(-1)!.at - points[0]!.at);
  return {
    level,
    rise,
    risePerHour: slope * AN_HOUR_MS,
    isFlat: rise < Math.max(SHARE * level, noise),
  };
}
