import { clock } from '../in-words.js';
import type { Delivery } from '../delivery.js';
import type { Stretch } from '../history.js';
import type { Check } from './check.js';

/**
 * The margin around the beginning and the end of a subscription, where an event may be in the
 * snapshot or still in transit.
 */
const MARGIN_MS = 4000;

export const everyEvent: Check = {
  name: 'every event',
  promise: 'if Redis loses nothing, all subscribers receive the same events',
  violations: ({ history, promises }) => {
    if (!promises.everyEvent) return [];
    const all = new Map<string, Delivery>();
    for (const { deliveries } of history.stretches) {
      for (const delivery of deliveries) all.set(keyOf(delivery), delivery);
    }
    return history.stretches.flatMap((stretch) => [...missingIn(stretch, all)]);
  },
};

function* missingIn(stretch: Stretch, all: ReadonlyMap<string, Delivery>): Generator<string> {
  const given = new Set(stretch.deliveries.map(keyOf));
  // After a resume, no event after the token may be missing.
  const from = stretch.from + (stretch.isResumed ? 0 : MARGIN_MS);
  const until = (stretch.until ?? Infinity) - MARGIN_MS;
  for (const [key, { occurredAt }] of all) {
    const isDue = occurredAt > from && occurredAt < until;
    if (isDue && !given.has(key)) {
      yield `${stretch.subscriber} on ${stretch.node} was never given ${key} of ${clock(occurredAt)}`;
    }
  }
}

function keyOf({ presence, kind }: Delivery): string {
  return `${presence.userId} ${presence.version} ${kind}`;
}
