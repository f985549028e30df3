import {
  ChangeReason,
  type PresenceEvent,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import { PresenceStatus, type Presence } from '../../src/api/generated/presence/v1/presence.pb.js';

/** Formats a change and its reason, as in "userOffline CONNECTION_LOST". */
export function inWords({ change, reason }: PresenceEvent): string {
  return `${change?.$case} ${ChangeReason[reason].replace('CHANGE_REASON_', '')}`;
}

/** Formats the status of a presence, as in "ONLINE". */
export function statusOf(presence: Presence | undefined): string {
  return presence === undefined
    ? 'none'
    : PresenceStatus[presence.status].replace('PRESENCE_STATUS_', '');
}

/** Converts a protobuf timestamp to milliseconds. */
export function msOf(
  timestamp: { readonly seconds: number; readonly nanos: number } | undefined,
): number | undefined {
  return timestamp && timestamp.seconds * 1000 + timestamp.nanos / 1_000_000;
}
