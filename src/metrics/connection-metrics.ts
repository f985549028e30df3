import { Gauge, type Registry } from 'prom-client';
import type { Connections } from '../connections/connections.js';
import { registerCounts } from './register-counts.js';

/** How many gRPC connections there are, and what was cut off. */
export function registerConnectionMetrics(registry: Registry, connections: Connections): void {
  new Gauge({
    name: 'presence_connections',
    help: 'gRPC connections that are open.',
    registers: [registry],
    collect() {
      this.set(connections.size);
    },
  });
  registerCounts(registry, {
    name: 'presence_connections_cut_total',
    help: 'gRPC connections that were turned away or cut off, by what the peer did.',
    label: 'reason',
    counts: () => connections.cuts.counts,
  });
  registerCounts(registry, {
    name: 'presence_calls_cut_total',
    help: 'Calls that were cut off for what they made the server wait for or hold.',
    label: 'reason',
    counts: () => connections.calls.cuts.counts,
  });
}
