import type { Registry } from 'prom-client';
import type { Outcomes } from '../store/outcomes.js';
import { registerCountSeries } from './register.js';

/** What happened to users through this node. */
export function registerCommandMetrics(registry: Registry, { counts }: Outcomes): void {
  registerCountSeries(registry, {
    name: 'presence_commands_total',
    help: 'What was to happen to a user, by kind, and whether it was committed or refused, the store was unavailable, or it failed.',
    labels: ['kind', 'outcome'],
    *counts() {
      for (const [kind, outcomes] of Object.entries(counts)) {
        for (const [outcome, count] of Object.entries(outcomes)) yield [{ kind, outcome }, count];
      }
    },
  });
}
