import { Counter, Gauge, type Registry } from 'prom-client';

// What somebody else knows or counts becomes a metric that is read whenever somebody asks.

interface About {
  readonly name: string;
  readonly help: string;
}

export function registerGauge(
  registry: Registry,
  { value, ...about }: About & { readonly value: () => number },
): void {
  new Gauge({
    ...about,
    registers: [registry],
    collect() {
      this.set(value());
    },
  });
}

export function registerCount(
  registry: Registry,
  { count, ...about }: About & { readonly count: () => number },
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

/** Counts, one for each value of a label. */
export function registerCounts<Value extends string>(
  registry: Registry,
  {
    label,
    counts,
    ...about
  }: About & { readonly label: string; readonly counts: () => Readonly<Record<Value, number>> },
): void {
  new Counter({
    ...about,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of Object.entries<number>(counts())) {
        this.inc({ [label]: value }, count);
      }
    },
  });
}
