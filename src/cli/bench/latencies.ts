import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Times, of which percentiles are asked. Takes the same memory however many there are. */
export class Latencies {
  /** In microseconds. */
  private readonly histogram: RecordableHistogram = createHistogram();

  note(ms: number): void {
    // It takes nothing below one.
    this.histogram.record(Math.max(1, Math.round(ms * 1000)));
  }

  get count(): number {
    return this.histogram.count;
  }

  /** In milliseconds. */
  percentile(percent: number): number {
    return this.histogram.percentile(percent) / 1000;
  }
}
