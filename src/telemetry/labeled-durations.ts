import type { Metric } from 'prom-client';
import { DURATION_BUCKETS } from './durations.js';

/** The durations with one set of labels, counted as a histogram. */
export class Durations {
  /** One count for each bucket, and one for longer durations. */
  private readonly counts = new Float64Array(DURATION_BUCKETS.length + 1);
  private sum = 0;

  constructor(private readonly labels: Readonly<Record<string, string>>) {}

  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < DURATION_BUCKETS.length && seconds > DURATION_BUCKETS[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += seconds;
  }

  /** Returns the values of the histogram `name` as prom-client represents them. */
  valuesOf(name: string): readonly object[] {
    const { labels } = this;
    let count = 0;
    const buckets = [...DURATION_BUCKETS, '+Inf'].map((le, i) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le },
      value: (count += this.counts[i]!),
    }));
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/**
 * A histogram of durations in seconds for frequent values with labels. The histogram of prom-client builds a string of all
 * labels for each value, which made a unary call up to a tenth dearer.
 */
export class LabeledDurations {
  readonly type = 'histogram';
  private readonly series: Durations[] = [];

  constructor(
    readonly name: string,
    readonly help: string,
  ) {}

  /** Returns this histogram as a metric for a registry of prom-client. It has only what a registry needs. */
  get metric(): Metric {
    return this as unknown as Metric;
  }

  /** Adds a set of labels, with no durations at first. */
  add(labels: Readonly<Record<string, string>>): Durations {
    const durations = new Durations(labels);
    this.series.push(durations);
    return durations;
  }

  async get(): Promise<object> {
    const { name, help, type } = this;
    return { name, help, type, values: this.series.flatMap((each) => each.valuesOf(name)) };
  }
}
