/**
 * A histogram as in Prometheus. prom-client resolves the labels again for every value; this class adds a value without
 * allocating memory.
 */
export class Distribution {
  /** One count for each bound, and one for larger values. */
  private readonly counts: Float64Array;
  private total = 0;

  /** `bounds` are the upper bounds of the buckets in ascending order, in the unit of the values. */
  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** The sum of all values. */
  get sum(): number {
    return this.total;
  }

  /** The number of values up to each bound; the last entry is the number of all values. */
  get cumulative(): readonly number[] {
    let count = 0;
    return Array.from(this.counts, (ofRange) => (count += ofRange));
  }

  /** Adds a value that occurred the given number of times. */
  add(value: number, times = 1): void {
    const { bounds } = this;
    let range = 0;
    while (range < bounds.length && value > bounds[range]!) range++;
    this.counts[range]! += times;
    this.total += value * times;
  }
}

/** Histogram buckets in seconds, for operations that should take milliseconds and must not take seconds. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5];

/** Returns the time since a value of `performance.now()`, in seconds. */
export function secondsSince(begunAt: number): number {
  return (performance.now() - begunAt) / 1000;
}
