import { DELIVERY_LEASE } from '../../../src/store/redis/timings.js';
import type { Evidence } from '../evidence.js';
import type { FaultRecord } from '../history.js';
import { clock } from '../in-words.js';
import { isStored, keyOf, type WebhookRequest } from '../webhooks/webhook-history.js';
import type { Check } from './check.js';

/** The time within which the receiver notices that a sender which died has closed its connection. */
const CLOSED_WITHIN_MS = 1000;

export const webhookOrder: Check = {
  name: 'webhook order',
  promise:
    'the receiver of webhooks gets the events of each user in their order, and no request before it has stored the one before',
  violations: ({ history: { webhooks, faults } }) =>
    [...webhooks.byPartition().values()].flatMap((requests) => [
      ...wrongVersions(requests),
      ...overtaking(requests, faults),
    ]),
};

export const webhookTurns: Check = {
  name: 'webhook turns',
  promise: 'one request of a partition is open at a time, whichever nodes send them',
  violations: (evidence) =>
    [...evidence.history.webhooks.byPartition()].flatMap(([partition, requests]) =>
      [...simultaneous(requests, evidence)].map((text) => `partition ${partition}: ${text}`),
    ),
};

function* wrongVersions(requests: readonly WebhookRequest[]): Generator<string> {
  const known = new Set<string>();
  const latest = new Map<string, number>();
  for (const { node, arrivedAt, events } of requests.filter(isStored)) {
    for (const { id, delivery } of events) {
      if (delivery === undefined || known.has(id)) continue;
      known.add(id);
      const { userId, version } = delivery.presence;
      const before = latest.get(userId) ?? 0;
      if (version < before)
        yield `${node} sent ${keyOf(delivery)} at ${clock(arrivedAt)} after version ${before}`;
      latest.set(userId, Math.max(before, version));
    }
  }
}

/** Requests with new events, although the receiver has not stored all of an earlier request. */
function* overtaking(
  requests: readonly WebhookRequest[],
  faults: readonly FaultRecord[],
): Generator<string> {
  const sent = new Set<string>();
  const stored = new Set<string>();
  let waiting: readonly string[] = [];
  for (const request of requests) {
    const { events, node, arrivedAt } = request;
    // The service may no longer have the events. Other checks say whether it reports that.
    const isLossy = faults.some(({ name, from }) => name === 'Redis lost' && from <= arrivedAt);
    if (isLossy || events.some(({ gap }) => gap !== undefined)) waiting = [];
    const ids = events.map(({ id }) => id);
    const isNew = ids.some((id) => !sent.has(id));
    const left = waiting.filter((id) => !ids.includes(id));
    if (isNew && left.length > 0)
      yield `${node} sent new events at ${clock(arrivedAt)}, but the receiver had not stored ${left.length} earlier ones`;
    for (const id of ids) sent.add(id);
    if (isStored(request)) for (const id of ids) stored.add(id);
    waiting = [...new Set([...waiting, ...ids])].filter((id) => !stored.has(id));
  }
}

function* simultaneous(
  requests: readonly WebhookRequest[],
  { history: { faults } }: Evidence,
): Generator<string> {
  for (const [i, request] of requests.entries()) {
    for (const earlier of requests.slice(0, i)) {
      if ((earlier.finish ?? Infinity) < request.arrival) continue;
      const endedAt = earlier.endedAt ?? Infinity;
      const isDead = earlier.end === 'cancelled' && endedAt < request.arrivedAt + CLOSED_WITHIN_MS;
      if (isDead || faults.some((fault) => mayLoseLease(fault, earlier, request))) continue;
      yield `${request.node} sent a request at ${clock(request.arrivedAt)} while one of ${earlier.node} of ${clock(earlier.arrivedAt)} was open`;
    }
  }
}

/** Whether the sender of the earlier request can have lost its lease without being able to notice that in time. */
function mayLoseLease(
  { name, nodes, from, until = Infinity }: FaultRecord,
  earlier: WebhookRequest,
  request: WebhookRequest,
): boolean {
  const isOfNode = ['stopped', 'paused', 'cut off'].includes(name) && nodes.includes(earlier.node);
  const isOfRedis = name === 'Redis lost' || name === 'Redis away';
  // A node whose lease Redis has lost knows that after its next renewal, and delivers until then.
  const knownAt = isOfRedis ? until + DELIVERY_LEASE.leaseMs : until;
  return (isOfNode || isOfRedis) && from <= request.arrivedAt && earlier.arrivedAt <= knownAt;
}
