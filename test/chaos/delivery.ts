import type {
  ChangeReason,
  PresenceEvent,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import { msOf } from '../support/in-words.js';

/** An event as a subscriber received it. */
export interface Delivery {
  readonly at: number;
  readonly occurredAt: number;
  readonly kind: string;
  readonly reason: ChangeReason;
  readonly presence: Presence;
}

export function deliveryOf(
  { presence, occurredAt, reason, change }: PresenceEvent,
  at: number,
): Delivery {
  return {
    at,
    occurredAt: msOf(occurredAt)!,
    kind: change!.$case,
    reason,
    presence: presence!,
  };
}
