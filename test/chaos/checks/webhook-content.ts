import { ChangeReason } from '../../../src/api/generated/presence/v1/events_service.pb.js';
import type { Delivery } from '../delivery.js';
import type { Evidence } from '../evidence.js';
import { clock, isOffline, look } from '../in-words.js';
import { REAPED_WITHIN_MS, SLACK_MS } from '../timings.js';
import { keyOf } from '../webhooks/webhook-history.js';
import type { Check } from './check.js';

export const webhookContent: Check = {
  name: 'webhook content',
  promise:
    'every request to the receiver of webhooks is signed and complete, says the same as the events of subscribers, and nothing of INVISIBLE users',
  violations: (evidence) => [
    ...mistakes(evidence),
    ...differences(evidence),
    ...hiddenUsers(evidence),
  ],
};

function* mistakes({ history: { webhooks } }: Evidence): Generator<string> {
  for (const { node, arrivedAt, mistake } of webhooks.requests) {
    if (mistake !== undefined) yield `a request of ${node} at ${clock(arrivedAt)}: ${mistake}`;
  }
}

function* differences({ history: { webhooks, stretches, faults } }: Evidence): Generator<string> {
  const seen = new Map<string, Delivery[]>();
  for (const { deliveries } of stretches) {
    for (const delivery of deliveries) {
      const key = keyOf(delivery);
      seen.set(key, [...(seen.get(key) ?? []), delivery]);
    }
  }
  for (const { events } of webhooks.requests) {
    for (const { delivery } of events) {
      if (delivery === undefined) continue;
      const others = seen.get(keyOf(delivery));
      // Other nodes announce a commit that Redis has lost later, with the same version, as the difference that they find.
      const isLost = faults.some(
        ({ name, from }) =>
          name === 'Redis lost' && Math.abs(from - delivery.occurredAt) < REAPED_WITHIN_MS,
      );
      const says = (one: Delivery): string => (isLost ? look(one.presence) : inWords(one));
      if (others === undefined || others.some((one) => says(one) === says(delivery))) continue;
      yield `the receiver got ${inWords(delivery)}, and subscribers got ${[...new Set(others.map(inWords))].join(', ')}`;
    }
  }
}

function inWords({ kind, presence, occurredAt, reason }: Delivery): string {
  return `${presence.userId} ${presence.version} ${kind} of ${clock(occurredAt)} (${ChangeReason[reason]}): ${look(presence)}`;
}

function* hiddenUsers({ history, promises }: Evidence): Generator<string> {
  // The times in the events do not say when they happened.
  if (promises.clocksAreWrong) return;
  const { webhooks, hidings, faults } = history;
  const deliveries = webhooks.requests.flatMap(({ events }) =>
    events.flatMap(({ delivery }) => delivery ?? []),
  );
  for (const { userId, acknowledgedAt = Infinity, endAskedAt = Infinity } of hidings) {
    for (const delivery of deliveries) {
      const { presence, occurredAt } = delivery;
      const isHidden =
        presence.userId === userId &&
        occurredAt > acknowledgedAt + SLACK_MS &&
        occurredAt < endAskedAt - SLACK_MS;
      if (!isHidden) continue;
      // The users that Redis has lost come back within this time, and can then go OFFLINE again.
      const isRestored = faults.some(
        ({ name, from, until = Infinity }) =>
          name === 'Redis lost' &&
          (isOffline(presence) || acknowledgedAt > from - SLACK_MS) &&
          from <= occurredAt &&
          occurredAt < until + REAPED_WITHIN_MS,
      );
      if (!isRestored)
        yield `the receiver got ${inWords(delivery)}, INVISIBLE since ${clock(acknowledgedAt)}`;
    }
  }
}
