import { Counter, type Registry } from 'prom-client';

/** A counter of what is counted elsewhere. */
export function registerCount(
  registry: Registry,
  { count, ...about }: { name: string; help: string; count: () => number },
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
