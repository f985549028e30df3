import type { Registry } from 'prom-client';
import type { RejectionCounters } from '../limits/rejection-counters.js';
import type { SessionLimit } from '../limits/session-limit.js';
import { registerCounts, registerGauge } from './register.js';

/** Metrics of calls and streams that this node rejected, and of its number of sessions. */
export function registerLimitMetrics(
  registry: Registry,
  rejections: RejectionCounters,
  sessions: SessionLimit,
): void {
  registerCounts(registry, {
    name: 'presence_rate_limited_total',
    help: 'Calls that a limit rejected, by the setting of the limit (NEW_SESSIONS_PER_SECOND is fixed): rate limits, and limits of sessions, subscriptions and memory.',
    label: 'limit',
    counts: () => rejections.counts,
  });
  registerCounts(registry, {
    name: 'presence_errors_total',
    help: 'Failed calls and ended streams by the reason in the error, except errors of the transport.',
    label: 'reason',
    counts: () => rejections.reasons,
  });
  registerGauge(registry, {
    name: 'presence_node_sessions',
    help: 'Sessions on this node.',
    value: () => sessions.size,
  });
  registerGauge(registry, {
    name: 'presence_node_sessions_max',
    help: 'Maximum number of sessions on this node (MAX_SESSIONS_PER_NODE). 0: no limit.',
    value: () => sessions.max,
  });
}
