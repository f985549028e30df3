import type { Measure, Series } from './resource-log.js';
import { trendOf } from './trend.js';

const MEGABYTE = 2 ** 20;

/** A line through fewer points is not meaningful. */
const LEAST_POINTS = 5;

interface Unit {
  readonly size: number;
  readonly name: string;
  /** In this unit. An idle process shows this much variation. */
  readonly noise: number;
}

const UNITS: Readonly<Record<Measure, Unit>> = {
  RSS: { size: MEGABYTE, name: 'MB', noise: 8 },
  heap: { size: MEGABYTE, name: 'MB', noise: 3 },
  'open files': { size: 1, name: '', noise: 8 },
};

/** Prints the trend of every series after the warm-up. Returns whether all are flat. */
export function reportTrends(all: readonly Series[], warmUntil: number): boolean {
  console.log('\nafter the warm-up           first    last   level    rise   an hour');
  const areFlat = all.map(({ owner, measure, points }) => {
    const { size, name, noise } = UNITS[measure];
    const warm = points.filter(({ at }) => at >= warmUntil);
    if (warm.length < LEAST_POINTS) {
      console.log(`${owner.padEnd(6)} ${measure.padEnd(11)} was seen too rarely to judge`);
      return false;
    }
    const { level, rise, risePerHour, isFlat } = trendOf(warm, noise * size);
    const figures = [warm[0]!.value, warm.at(-1)!.value, level, rise, risePerHour]
      .map((value) => (value / size).toFixed(1).padStart(7))
      .join(' ');
    console.log(
      `${owner.padEnd(6)} ${measure.padEnd(11)} ${name.padEnd(4)} ${figures}  ${isFlat ? 'flat' : 'GROWS'}`,
    );
    return isFlat;
  });
  return areFlat.every(Boolean);
}
