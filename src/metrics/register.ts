import { Counter, Gauge, type Metric, type Registry } from 'prom-client';
import type { Distribution } from '../telemetry/distribution.js';

// These functions register metrics whose values other components hold. The values are read at every scrape.

interface MetricInfo {
  readonly name: string;
  readonly help: string;
}

type Labels = Readonly<Record<string, string>>;

/** Values, each with its set of labels. */
type Series<Value> = Iterable<readonly [Labels, Value]>;

export function registerGauge(
  registry: Registry,
  { value, ...about }: MetricInfo & { readonly value: () => number },
): void {
  new Gauge({
    ...about,
    registers: [registry],
    collect() {
      this.set(value());
    },
  });
}

/** Registers gauges, one for each set of labels. */
export function registerGauges(
  registry: Registry,
  {
    labels,
    values,
    ...about
  }: MetricInfo & { readonly labels: readonly string[]; readonly values: () => Series<number> },
): void {
  new Gauge({
    ...about,
    labelNames: labels,
    registers: [registry],
    collect() {
      for (const [ofOne, value] of values()) this.set(ofOne, value);
    },
  });
}

export function registerCount(
  registry: Registry,
  { count, ...about }: MetricInfo & { readonly count: () => number },
): void {
  new Counter({
    ...about,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(count());
    },
  });
}

/** Registers counters, one for each value of a label. */
export function registerCounts<Value extends string>(
  registry: Registry,
  {
    label,
    counts,
    ...about
  }: MetricInfo & {
    readonly label: string;
    readonly counts: () => Readonly<Record<Value, number>>;
  },
): void {
  registerCountSeries(registry, { ...about, labels: [label], counts: () => by(label, counts()) });
}

/** Registers counters, one for each set of labels. */
export function registerCountSeries(
  registry: Registry,
  {
    labels,
    counts,
    ...about
  }: MetricInfo & { readonly labels: readonly string[]; readonly counts: () => Series<number> },
): void {
  new Counter({
    ...about,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const [ofOne, count] of counts()) this.inc(ofOne, count);
    },
  });
}

/** Registers histograms, one for each set of labels. */
export function registerDistributions(
  registry: Registry,
  { distributions, ...about }: MetricInfo & { readonly distributions: () => Series<Distribution> },
): void {
  // Implements only what a registry needs of a metric. The histogram of prom-client cannot be set to values that were
  // counted elsewhere.
  const metric = {
    ...about,
    get: async () => ({
      ...about,
      type: 'histogram',
      values: [...distributions()].flatMap(([labels, one]) => linesOf(about.name, labels, one)),
    }),
  };
  registry.registerMetric(metric as unknown as Metric);
}

/** Yields each value with its key as the value of a label. */
export function* by(
  label: string,
  figures: Readonly<Record<string, number>>,
): Generator<readonly [Labels, number]> {
  for (const [value, figure] of Object.entries(figures)) yield [{ [label]: value }, figure];
}

interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

function linesOf(
  name: string,
  labels: Labels,
  { bounds, cumulative, sum }: Distribution,
): readonly Line[] {
  const counts = cumulative;
  const buckets = [...bounds, '+Inf'].map((le, i) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value: counts[i]!,
  }));
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: counts.at(-1)! },
  ];
}
