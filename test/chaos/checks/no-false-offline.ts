import type { Evidence } from '../evidence.js';
import type { FaultRecord, Span } from '../history.js';
import { clock, isOffline } from '../in-words.js';
import { isOverHttp } from '../way.js';
import { BEAT_MS, LEASE_MS, REAPED_WITHIN_MS, SLACK_MS } from '../timings.js';
import type { Check } from './check.js';
import { isExplained } from './kept-sessions.js';

/**
 * The maximum difference between the time of an event and the time at which the client knows its
 * cause.
 */
const AROUND_MS = 2000;

interface Gap {
  readonly from: number;
  readonly until: number;
  readonly isTooShort: boolean;
}

export const noFalseOffline: Check = {
  name: 'no false offline',
  promise:
    'I5: no subscriber receives OFFLINE for a user who always had a session, who reconnected within the grace, or whose client sent heartbeats',
  violations: (evidence) => {
    const violations = new Set<string>();
    for (const { subscriber, deliveries } of evidence.history.stretches) {
      for (const { presence, kind, occurredAt, at: heardAt, reason } of deliveries) {
        if (kind !== 'userOffline' || !isOffline(presence)) continue;
        const { userId } = presence;
        const at = evidence.promises.clocksAreWrong ? heardAt : occurredAt;
        if (isExcused(userId, at, evidence)) continue;
        const story = storyOf(evidence.history.spansOf(userId), at);
        violations.add(
          `${subscriber} was told at ${clock(at)} that ${userId} is OFFLINE (reason ${reason}): ${story}`,
        );
      }
    }
    return [...violations];
  },
};

function isExcused(userId: string, at: number, evidence: Evidence): boolean {
  return (
    wasHiding(userId, at, evidence) ||
    wasRevoked(userId, at, evidence) ||
    wasAway(userId, at, evidence)
  );
}

/** Whether the tokens of the user were revoked near the event, which ends the sessions before their clients know. */
function wasRevoked(userId: string, at: number, { history }: Evidence): boolean {
  return history.access.revocations.some(
    (revocation) =>
      revocation.userId === userId &&
      revocation.askedAt <= at + SLACK_MS &&
      (revocation.at ?? at) >= at - AROUND_MS,
  );
}

function wasHiding(userId: string, at: number, { history }: Evidence): boolean {
  return history.hidings.some(
    (hiding) =>
      hiding.userId === userId &&
      hiding.from <= at + SLACK_MS &&
      (hiding.until ?? at) >= at - AROUND_MS,
  );
}

/**
 * Whether there is a time without any session near the event that is long enough for an OFFLINE
 * event.
 */
function wasAway(userId: string, at: number, evidence: Evidence): boolean {
  const { history, graceMs } = evidence;
  // A session that no other node could see does not count: it was on a node that was partitioned
  // for longer than the lease, by the clocks of the other nodes.
  const spans = history.spansOf(userId).flatMap((span) => seenParts(span, history.faults));
  const gaps: Gap[] = [];
  const sorted = [...spans].sort((a, b) => a.from - b.from);
  let end = 0;
  let last: Span | undefined;
  for (const span of sorted) {
    if (span.from > end) gaps.push(gapBetween(last, end, span.from, evidence));
    const until = span.until ?? Infinity;
    if (until >= end) [end, last] = [until, span];
  }
  if (end < Infinity) gaps.push(gapBetween(last, end, Infinity, evidence));
  return gaps.some(
    ({ from, until, isTooShort }) =>
      !isTooShort && from <= at + SLACK_MS && until >= at - AROUND_MS - graceMs,
  );
}

/**
 * The time between two sessions. It is too short for an OFFLINE event, unless the user ended the
 * session.
 */
function gapBetween(
  last: Span | undefined,
  from: number,
  until: number,
  { graceMs, history }: Evidence,
): Gap {
  if (last === undefined || last.end !== 'lost') return { from, until, isTooShort: false };
  // If the service ended the session of a reachable client, the client was not absent.
  if (!isExplained(last, history)) return { from, until, isTooShort: true };
  const hasDied = history.faults.some(
    (fault) =>
      fault.name === 'killed' &&
      fault.nodes.includes(last.node) &&
      Math.abs(fault.from - from) < AROUND_MS,
  );
  // A live node takes a closed HTTP connection for the end of the session, as when a tab is closed.
  if (!hasDied && isOverHttp(last.way)) return { from, until, isTooShort: false };
  const forgivenMs = graceMs + (hasDied ? LEASE_MS - BEAT_MS : 0) - SLACK_MS;
  return { from, until, isTooShort: until - from < forgivenMs };
}

/**
 * The only exception: the other nodes declare a node dead that is partitioned from Redis, or
 * stopped, for longer than the lease. Its users are shown OFFLINE from the end of the lease until
 * they reconnect.
 */
function seenParts(span: Span, faults: readonly FaultRecord[]): readonly Span[] {
  const longFaults = faults.filter(
    ({ name, nodes, from, until = Infinity }) =>
      (name === 'cut off' || name === 'stopped') &&
      nodes.includes(span.node) &&
      until - from > LEASE_MS - BEAT_MS,
  );
  return longFaults.reduce<readonly Span[]>(
    (parts, fault) => parts.flatMap((part) => seenBesides(part, fault)),
    [span],
  );
}

function seenBesides(span: Span, fault: FaultRecord): readonly Span[] {
  const until = span.until ?? Infinity;
  const lostAt = fault.from + LEASE_MS - BEAT_MS;
  const foundAt = (fault.until ?? Infinity) + REAPED_WITHIN_MS;
  if (fault.from >= until || foundAt <= span.from) return [span];
  const parts: Span[] = [];
  if (span.from < lostAt) {
    parts.push({
      ...span,
      until: Math.min(lostAt, until),
      end: until > lostAt ? 'asked for' : (span.end ?? 'lost'),
    });
  }
  if (until > foundAt) parts.push({ ...span, from: Math.max(foundAt, span.from) });
  return parts;
}

function storyOf(spans: readonly Span[], at: number): string {
  const near = spans.filter(
    ({ from, until }) => from < at + 8000 && (until ?? Infinity) > at - 8000,
  );
  if (near.length === 0) return 'no session near';
  return near
    .map(
      ({ node, way, from, until, end, why = '' }) =>
        `${way} on ${node} ${clock(from)}–${until === undefined ? 'now' : `${clock(until)} ${end} ${why}`}`,
    )
    .join(', ');
}
