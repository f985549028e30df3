import type { Attributes } from './attributes.js';
import { dateOf, nameOf, presenceOf, valuesByName, type Presence } from './presence.js';
import {
  ChangeReason as WireChangeReason,
  PresenceEventKind,
} from './generated/presence/v1/events_service_pb.js';
import type { PresenceEvent } from './generated/presence/v1/events_service_pb.js';

/** The name of each reason. The compiler reports a reason of the contract that is missing here. */
const REASON_NAMES = {
  [WireChangeReason.REQUESTED]: 'requested',
  [WireChangeReason.CONNECTED]: 'connected',
  [WireChangeReason.DISCONNECTED]: 'disconnected',
  [WireChangeReason.CONNECTION_LOST]: 'connection-lost',
  [WireChangeReason.IDLE]: 'idle',
  [WireChangeReason.ACTIVE]: 'active',
  [WireChangeReason.SESSION_ENDED]: 'session-ended',
  [WireChangeReason.TOKEN_EXPIRED]: 'token-expired',
  [WireChangeReason.TOKEN_REVOKED]: 'token-revoked',
  [WireChangeReason.NODE_LOST]: 'node-lost',
  [WireChangeReason.STATUS_EXPIRED]: 'status-expired',
  [WireChangeReason.MODERATED]: 'moderated',
  [WireChangeReason.ATTRIBUTE_EXPIRED]: 'attribute-expired',
} as const satisfies Record<Exclude<WireChangeReason, WireChangeReason.UNSPECIFIED>, string>;

/**
 * The reason of a change. `snapshot`: a snapshot contained it, at the start or after a break in which the presence
 * changed. `removed`: the program removed the user from the collection. `unknown`: the service did not know the reason,
 * or is newer than this library.
 */
export type ChangeReason =
  (typeof REASON_NAMES)[keyof typeof REASON_NAMES] | 'snapshot' | 'removed' | 'unknown';

/** The name of each kind of event. The compiler reports a kind of the contract that is missing here. */
const KIND_NAMES = {
  [PresenceEventKind.USER_ONLINE]: 'online',
  [PresenceEventKind.USER_OFFLINE]: 'offline',
  [PresenceEventKind.USER_STATUS_CHANGED]: 'status-changed',
  [PresenceEventKind.USER_CHANNEL_CHANGED]: 'channel-changed',
  [PresenceEventKind.USER_MUTE_STATE_CHANGED]: 'mute-changed',
  [PresenceEventKind.USER_CONNECTION_CHANGED]: 'connection-changed',
  [PresenceEventKind.USER_ATTRIBUTES_CHANGED]: 'attributes-changed',
} as const satisfies Record<Exclude<PresenceEventKind, PresenceEventKind.UNSPECIFIED>, string>;

/** A kind of change that a collection can receive. */
export type EventKind = (typeof KIND_NAMES)[keyof typeof KIND_NAMES];

export const KINDS = valuesByName<EventKind, PresenceEventKind>(KIND_NAMES);

/** A change of one user in a collection. `previous` is undefined if the user is new, `current` if the user has left. */
export interface Change<A = Attributes> {
  readonly userId: string;
  readonly previous: Presence<A> | undefined;
  readonly current: Presence<A> | undefined;
  /** The current presence of the user, also of a user who has left the collection. */
  readonly presence: Presence<A>;
  readonly reason: ChangeReason;
  /** When the service committed the change. Undefined if the reason is `snapshot`. */
  readonly occurredAt: Date | undefined;
}

/** Merges two changes of one user into one. */
export function mergeChanges<A>(earlier: Change<A>, later: Change<A>): Change<A> {
  return { ...later, previous: earlier.previous };
}

/** The content of an event or of an entry of a snapshot. */
export interface PresenceUpdate<A> {
  readonly presence: Presence<A>;
  readonly reason: ChangeReason;
  readonly occurredAt: Date | undefined;
}

export function toUpdate<A>({ presence, reason, occurredAt }: PresenceEvent): PresenceUpdate<A> {
  return {
    presence: presenceOf<A>(presence),
    reason: nameOf<ChangeReason>(REASON_NAMES, reason) ?? 'unknown',
    occurredAt: dateOf(occurredAt),
  };
}

/** Without these kinds a collection would keep users who left and miss users who arrived. */
const MEMBERSHIP = ['online', 'offline', 'channel-changed'] as const;

/**
 * Returns the kinds to request, so that these kinds arrive and the collection has the right users. Empty: all kinds.
 */
export function kindsToFollow(kinds: readonly EventKind[]): PresenceEventKind[] {
  if (kinds.length === 0) return [];
  return [...new Set([...kinds, ...MEMBERSHIP])].map((kind) => KINDS[kind]);
}
