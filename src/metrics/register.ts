import { Counter, Gauge, type Registry } from 'prom-client';

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

/** Yields each value with its key as the value of a label. */
export function* by(
  label: string,
  values: Readonly<Record<string, number>>,
): Generator<readonly [Labels, number]> {
  for (const [key, value] of Object.entries(values)) yield [{ [label]: key }, value];
}
