import type { Registry } from 'prom-client';
import type { CommandCounters } from '../commands/command-counters.js';
import { registerCountSeries } from './register.js';

/** Metrics of the commands that this node executed. */
export function registerCommandMetrics(registry: Registry, { counts }: CommandCounters): void {
  registerCountSeries(registry, {
    name: 'presence_commands_total',
    help: 'Commands by kind and outcome: committed, refused, unavailable (the store did not respond) or failed.',
    labels: ['kind', 'outcome'],
    *counts() {
      for (const [kind, outcomes] of Object.entries(counts)) {
        for (const [outcome, count] of Object.entries(outcomes)) yield [{ kind, outcome }, count];
      }
    },
  });
}
