import type { Evidence } from '../evidence.js';
import type { FaultRecord } from '../history.js';
import { clock } from '../in-words.js';
import { REAPED_WITHIN_MS, SLACK_MS } from '../timings.js';
import { isStored, keyOf, type WebhookRequest } from '../webhooks/webhook-history.js';
import type { Check } from './check.js';

export const webhookRepeats: Check = {
  name: 'webhook repeats',
  promise:
    'an event has the same id and content in all requests; the receiver gets it again only if the sender could not know or note that it was stored, and of these only the last request',
  violations: (evidence) => [...differences(evidence), ...needless(evidence)],
};

function* differences({ history: { webhooks, faults } }: Evidence): Generator<string> {
  const contents = new Map<string, string>();
  const ids = new Map<string, string>();
  const batches = new Map<string, string>();
  // Another node can report a lost commit as a difference, with the same version.
  const isLossy = faults.some(({ name }) => name === 'Redis lost');
  for (const { id: batchId, node, arrivedAt, events } of webhooks.requests) {
    const when = `of ${node} at ${clock(arrivedAt)}`;
    for (const { id, json, delivery } of events) {
      if ((contents.get(id) ?? json) !== json) yield `${id} has another content ${when}: ${json}`;
      contents.set(id, json);
      if (delivery === undefined || isLossy) continue;
      const key = keyOf(delivery);
      if ((ids.get(key) ?? id) !== id) yield `${key} has another id ${when}`;
      ids.set(key, id);
    }
    const all = events.map(({ id }) => id).join();
    if (events.length > 0 && (batches.get(batchId) ?? all) !== all)
      yield `the request ${batchId} has other events ${when}`;
    batches.set(batchId, all);
  }
}

/** Requests with events that the receiver has stored before, for no reason. */
function* needless({ history: { webhooks, faults } }: Evidence): Generator<string> {
  for (const requests of webhooks.byPartition().values()) {
    const stored: WebhookRequest[] = [];
    const storedBy = new Map<string, WebhookRequest>();
    for (const request of requests) {
      const repeated = new Set(request.events.flatMap(({ id }) => storedBy.get(id) ?? []));
      const wrong = [...repeated].find((one) => !isExplained(one, request, stored, faults));
      if (wrong !== undefined)
        yield `${request.node} repeated at ${clock(request.arrivedAt)} what ${wrong.node} had delivered at ${clock(wrong.arrivedAt)}`;
      if (!isStored(request)) continue;
      stored.push(request);
      for (const { id } of request.events) storedBy.set(id, request);
    }
  }
}

function isExplained(
  repeated: WebhookRequest,
  request: WebhookRequest,
  earlier: readonly WebhookRequest[],
  faults: readonly FaultRecord[],
): boolean {
  const isDuring = ({ from, until = Infinity }: FaultRecord): boolean =>
    from <= repeated.endedAt! + REAPED_WITHIN_MS &&
    repeated.arrivedAt - SLACK_MS <= until + REAPED_WITHIN_MS;
  // Positions are lost together with the other data of Redis, however old they are.
  const isForgotten = faults.some(
    ({ name, from }) => name === 'Redis lost' && from <= request.arrivedAt,
  );
  if (isForgotten) return true;
  // The sender notes the position before it sends the next request.
  const wasNoted = earlier.some(
    ({ node, arrival, end }) =>
      node === repeated.node && arrival > repeated.finish! && end === 'taken',
  );
  if (wasNoted) return false;
  if (repeated.end === 'response lost') return true;
  const names = ['killed', 'stopped', 'paused', 'cut off'];
  return faults.some(
    (fault) =>
      isDuring(fault) &&
      (fault.name === 'Redis away' ||
        (names.includes(fault.name) && fault.nodes.includes(repeated.node))),
  );
}
