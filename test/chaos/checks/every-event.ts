import { clock } from '../in-words.js';
import type { Delivery, Stretch } from '../history.js';
import type { Check } from './check.js';

/** Around the beginning and the end of a subscription: an event may be in the snapshot, or still under way. */
const MARGIN_MS = 4000;

export const everyEvent: Check = {
  name: 'every event',
  promise: 'where nothing is lost with Redis, all subscribers are given the very same events',
  complaints: ({ history, promises }) => {
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
  // Nothing may be missing behind a token.
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
