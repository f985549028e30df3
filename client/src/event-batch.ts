import type { Attributes } from './attributes.js';
import type { ResetReason } from './position.js';
import type { Presence } from './presence.js';
import type { PresenceEvent } from './presence-event.js';

/** The complete state of the users of a consumer, which replaces everything that it has handed over before. */
export interface Reset<A = Attributes> {
  readonly reason: ResetReason;
  /**
   * All users of `channels` and `groups` who are online, and all users of `users`, also offline ones. Without these
   * three: all users who are online. A user who is absent is offline, or in none of these channels and groups.
   */
  readonly presences: readonly Presence<A>[];
}

/** Events in commit order, which a consumer hands over together. */
export interface EventBatch<A = Attributes> {
  /**
   * The state to which the events of this batch apply. Undefined: the events continue the batch before, without a gap.
   */
  readonly reset: Reset<A> | undefined;
  readonly events: readonly PresenceEvent<A>[];
  /**
   * The position after this batch, an opaque text of at most 2100 characters. The consumer passes it to `save` when
   * `onEvents` has resolved. It equals the position before in the rare batch after which the service sent none.
   */
  readonly position: string;
}
