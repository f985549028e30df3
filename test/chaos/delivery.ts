import type { ChangeReason } from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { Presence } from '../../src/api/generated/presence/v1/presence.pb.js';

/** An event as a subscriber received it. */
export interface Delivery {
  readonly at: number;
  readonly occurredAt: number;
  readonly kind: string;
  readonly reason: ChangeReason;
  readonly presence: Presence;
}
