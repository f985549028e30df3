import { PresenceStatus } from '../../../src/api/generated/presence/v1/presence.pb.js';
import type { Delivery } from '../delivery.js';
import type { History } from '../history.js';
import { clock } from '../in-words.js';
import type { Check } from './check.js';

/** The maximum time between the cause of an event and the event. */
const AROUND_MS = 2000;

export const stillness: Check = {
  name: 'stillness',
  promise: 'a user who is IDLE is ONLINE again only after an action or with a new session',
  violations: ({ history, promises }) => {
    if (!promises.mayBeIdle) return [];
    return history.stretches.flatMap(({ subscriber, deliveries }) => {
      const before = new Map<string, Delivery>();
      return deliveries.flatMap((delivery) => {
        const { userId } = delivery.presence;
        const last = before.get(userId);
        before.set(userId, delivery);
        if (!wokeUp(last, delivery) || hasActed(userId, delivery, history)) return [];
        return [`${subscriber} was told at ${clock(delivery.at)} that ${userId} is ONLINE again`];
      });
    });
  },
};

function wokeUp(last: Delivery | undefined, { presence }: Delivery): boolean {
  return (
    last?.presence.status === PresenceStatus.PRESENCE_STATUS_IDLE &&
    presence.status === PresenceStatus.PRESENCE_STATUS_ONLINE
  );
}

function hasActed(userId: string, { at }: Delivery, history: History): boolean {
  const mayHaveActed = history.actions.some(
    ({ userId: id, from, until = Infinity }) =>
      id === userId && from <= at && until > at - AROUND_MS,
  );
  const began = history.spansOf(userId).some(({ from }) => Math.abs(at - from) < AROUND_MS);
  return mayHaveActed || began;
}
