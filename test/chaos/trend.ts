import { median } from '../load/median.js';

/** A measured value and its time in milliseconds. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** Whether a value grows. */
export interface Trend {
  /** The typical value. */
  readonly level: number;
  /** The rise of the fitted line from the first point to the last. */
  readonly rise: number;
  readonly risePerHour: number;
  readonly isFlat: boolean;
}

/** A rise below this share of the level counts as flat. */
const SHARE = 0.05;

const AN_HOUR_MS = 3_600_000;

/**
 * Fits a line by the Theil-Sen method: its slope is the median of the slopes between all pairs of
 * points, so that a single garbage collection or fault does not distort it. A series is flat if it
 * rises by less than a twentieth of its level, or by less than `noise`, over the measured time. A
 * longer measurement finds slower leaks.
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
