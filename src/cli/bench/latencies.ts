import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** A histogram of latencies for percentiles. Its memory use does not depend on the number of values. */
export class Latencies {
  /** The values are in microseconds. */
  private readonly histogram: RecordableHistogram = createHistogram();

  note(ms: number): void {
    // The histogram accepts no value below one.
    this.histogram.record(Math.max(1, Math.round(ms * 1000)));
  }

  get count(): number {
    return this.histogram.count;
  }

  /** Returns a percentile in milliseconds. */
  percentile(percent: number): number {
    return this.histogram.percentile(percent) / 1000;
  }
}
