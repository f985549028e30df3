import type { Registry } from 'prom-client';
import type { Connections } from '../connections/connections.js';
import { registerCounts, registerGauge } from './register.js';

/** How many gRPC connections there are, and what was cut off. */
export function registerConnectionMetrics(registry: Registry, connections: Connections): void {
  registerGauge(registry, {
    name: 'presence_connections',
    help: 'gRPC connections that are open.',
    value: () => connections.size,
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
