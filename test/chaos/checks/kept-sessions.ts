import type { FaultRecord, History, Span } from '../history.js';
import { clock } from '../in-words.js';
import { BEAT_MS, HEARTBEAT_TIMEOUT_MS, LEASE_MS, REAPED_WITHIN_MS } from '../timings.js';
import type { Check } from './check.js';

/**
 * The maximum difference between the time at which a client learns of a loss and the time at which
 * the harness knows the cause.
 */
const AROUND_MS = 2000;

export const keptSessions: Check = {
  name: 'kept sessions',
  promise:
    'a session whose client sends heartbeats ends only with its connection or its node, or because its user ends it',
  violations: ({ history }) =>
    history.spans
      .filter((span) => span.end === 'lost' && !isExplained(span, history))
      .map(
        ({ userId, way, node, from, until, why }) =>
          `${userId} (${way}) lost its session of ${clock(from)} on ${node} at ${clock(until!)}: ${why}`,
      ),
};

/**
 * Whether a lost session had a cause: a fault that affected its client, its connection or its node.
 */
export function isExplained(span: Span, { faults }: Pick<History, 'faults'>): boolean {
  const at = span.until ?? Infinity;
  return (
    span.wasOwnFault === true ||
    faults.some((fault) => fault.nodes.includes(span.node) && takesSessions(fault, at))
  );
}

function takesSessions({ name, from, until = Infinity }: FaultRecord, at: number): boolean {
  switch (name) {
    case 'killed':
    case 'clients cut':
      return Math.abs(at - from) < AROUND_MS;
    case 'told to end':
      return at > from - AROUND_MS && at < until + AROUND_MS;
    case 'stopped':
    case 'cut off':
      // Within the lease, the other nodes do not declare the node dead.
      return (
        until - from > LEASE_MS - BEAT_MS &&
        at > from + LEASE_MS - BEAT_MS &&
        at < until + REAPED_WITHIN_MS
      );
    case 'harness held up':
      return at > from && at < until + HEARTBEAT_TIMEOUT_MS + AROUND_MS;
    case 'paused':
    case 'Redis lost':
    case 'Redis away':
      return false;
  }
}
