import type { Registry } from 'prom-client';
import type { RefusedCalls } from '../limits/refused-calls.js';
import type { SessionLimit } from '../limits/session-limit.js';
import { registerCounts, registerGauge } from './register.js';

/** What this node was asked for and did not take on. */
export function registerLimitMetrics(
  registry: Registry,
  refusedCalls: RefusedCalls,
  sessions: SessionLimit,
): void {
  registerCounts(registry, {
    name: 'presence_refused_calls_total',
    help: 'Calls that were refused because they were too many, by the setting that says so.',
    label: 'limit',
    counts: () => refusedCalls.counts,
  });
  registerCounts(registry, {
    name: 'presence_refusals_total',
    help: 'Calls and streams that were refused or ended by a rule, by what their client was told.',
    label: 'reason',
    counts: () => refusedCalls.reasons,
  });
  registerGauge(registry, {
    name: 'presence_node_sessions',
    help: 'Sessions that this node holds.',
    value: () => sessions.size,
  });
  registerGauge(registry, {
    name: 'presence_node_sessions_max',
    help: 'Sessions that this node may hold; it is full when it holds as many. 0: no limit.',
    value: () => sessions.max,
  });
}
