import {
  ChangeReason,
  type PresenceEvent,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import { PresenceStatus, type Presence } from '../../src/api/generated/presence/v1/presence.pb.js';

/** What happened and why, as "userOffline CONNECTION_LOST". */
export function inWords({ change, reason }: PresenceEvent): string {
  return `${change?.$case} ${ChangeReason[reason].replace('CHANGE_REASON_', '')}`;
}

/** The status of a presence, as "ONLINE". */
export function statusOf(presence: Presence | undefined): string {
  return presence === undefined
    ? 'none'
    : PresenceStatus[presence.status].replace('PRESENCE_STATUS_', '');
}

/** A time on the wire as milliseconds. */
export function msOf(
  timestamp: { readonly seconds: number; readonly nanos: number } | undefined,
): number | undefined {
  return timestamp && timestamp.seconds * 1000 + timestamp.nanos / 1_000_000;
}
