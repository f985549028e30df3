import { Counter, type Registry } from 'prom-client';

/** Counts that somebody else keeps, one for each value of a label. They are read whenever somebody asks. */
export function registerCounts<Value extends string>(
  registry: Registry,
  {
    label,
    counts,
    ...about
  }: { name: string; help: string; label: string; counts: () => Readonly<Record<Value, number>> },
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
