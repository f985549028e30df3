import { dateOf, presenceOf, type Presence } from './presence.js';
import {
  ChangeReason as WireChangeReason,
  PresenceEventKind,
} from './generated/presence/v1/events_service_pb.js';
import type { PresenceEvent } from './generated/presence/v1/events_service_pb.js';

/** Why a presence changed. `snapshot`: it was found so, after a break in which it changed or at the start. */
export type ChangeReason =
  | 'snapshot'
  | 'requested'
  | 'connected'
  | 'disconnected'
  | 'connection-lost'
  | 'idle'
  | 'active'
  | 'session-ended'
  | 'token-expired'
  | 'node-lost'
  | 'status-expired'
  | 'unknown';

/** A kind of change that can be followed. */
export type EventKind =
  | 'online'
  | 'offline'
  | 'status-changed'
  | 'channel-changed'
  | 'mute-changed'
  | 'connection-changed';

/** How one user in a collection changed. Who is new has no `previous`, who is not in it any more has no `current`. */
export interface Change {
  readonly userId: string;
  readonly previous: Presence | undefined;
  readonly current: Presence | undefined;
  /** The user's presence now, also of one who is not in the collection any more. */
  readonly presence: Presence;
  readonly reason: ChangeReason;
  /** When the service took the change. Undefined with the reason `snapshot`. */
  readonly occurredAt: Date | undefined;
}

/** Several changes of one user as one. */
export function mergeChanges(earlier: Change, later: Change): Change {
  return { ...later, previous: earlier.previous };
}

/** What an event says. */
export interface PresenceUpdate {
  readonly presence: Presence;
  readonly reason: ChangeReason;
  readonly occurredAt: Date | undefined;
}

export function toUpdate({ presence, reason, occurredAt }: PresenceEvent): PresenceUpdate {
  return {
    presence: presenceOf(presence),
    reason: REASONS[reason] ?? 'unknown',
    occurredAt: dateOf(occurredAt),
  };
}

const REASONS: Readonly<Partial<Record<WireChangeReason, ChangeReason>>> = {
  [WireChangeReason.REQUESTED]: 'requested',
  [WireChangeReason.CONNECTED]: 'connected',
  [WireChangeReason.DISCONNECTED]: 'disconnected',
  [WireChangeReason.CONNECTION_LOST]: 'connection-lost',
  [WireChangeReason.IDLE]: 'idle',
  [WireChangeReason.ACTIVE]: 'active',
  [WireChangeReason.SESSION_ENDED]: 'session-ended',
  [WireChangeReason.TOKEN_EXPIRED]: 'token-expired',
  [WireChangeReason.NODE_LOST]: 'node-lost',
  [WireChangeReason.STATUS_EXPIRED]: 'status-expired',
};

export const KINDS: Readonly<Record<EventKind, PresenceEventKind>> = {
  online: PresenceEventKind.USER_ONLINE,
  offline: PresenceEventKind.USER_OFFLINE,
  'status-changed': PresenceEventKind.USER_STATUS_CHANGED,
  'channel-changed': PresenceEventKind.USER_CHANNEL_CHANGED,
  'mute-changed': PresenceEventKind.USER_MUTE_STATE_CHANGED,
  'connection-changed': PresenceEventKind.USER_CONNECTION_CHANGED,
};

/** Without these a collection would hold users who have gone, and miss those who came. */
const MEMBERSHIP = ['online', 'offline', 'channel-changed'] as const;

/** What to ask the service for, so that these kinds of change arrive and the collection is right. Empty: all kinds. */
export function kindsToFollow(kinds: readonly EventKind[]): PresenceEventKind[] {
  if (kinds.length === 0) return [];
  return [...new Set([...kinds, ...MEMBERSHIP])].map((kind) => KINDS[kind]);
}
