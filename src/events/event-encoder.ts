import type { Change, PresenceEvent, Reason } from '../domain/event.js';
import type { Presence } from '../domain/presence.js';
import { encoded } from '../api/codecs.js';
import {
  ChangeReason,
  SubscribeResponse,
  Sync,
  type PresenceEvent as PresenceEventMessage,
} from '../api/generated/presence/v1/events_service.pb.js';
import { toPresenceMessage, STATUS_ON_WIRE, timestampMessage } from '../api/proto-mappers.js';
import type { FragmentEncoder } from '../event-log/event-log.js';

const REASON_ON_WIRE: Readonly<Record<Reason, ChangeReason>> = {
  UNKNOWN: ChangeReason.CHANGE_REASON_UNSPECIFIED,
  REQUESTED: ChangeReason.CHANGE_REASON_REQUESTED,
  CONNECTED: ChangeReason.CHANGE_REASON_CONNECTED,
  DISCONNECTED: ChangeReason.CHANGE_REASON_DISCONNECTED,
  CONNECTION_LOST: ChangeReason.CHANGE_REASON_CONNECTION_LOST,
  NODE_LOST: ChangeReason.CHANGE_REASON_NODE_LOST,
  IDLE: ChangeReason.CHANGE_REASON_IDLE,
  ACTIVE: ChangeReason.CHANGE_REASON_ACTIVE,
  SESSION_ENDED: ChangeReason.CHANGE_REASON_SESSION_ENDED,
  TOKEN_EXPIRED: ChangeReason.CHANGE_REASON_TOKEN_EXPIRED,
  STATUS_EXPIRED: ChangeReason.CHANGE_REASON_STATUS_EXPIRED,
};

/** Encodes the fragments of the event log. */
export const fragmentEncoder: FragmentEncoder = {
  event: (event) => encode({ events: [eventMessage(event)] }),
  resumeToken: (resumeToken) => encode({ resumeToken }),
};

/** Encodes a message with a part of the snapshot. */
export function encodeSnapshot(presences: readonly Presence[]): Buffer {
  return encode({ snapshot: presences.map(toPresenceMessage) });
}

export function encodeReset(): Buffer {
  return encode({ sync: Sync.SYNC_RESET });
}

/** Encodes SYNC_CURRENT, followed by `token`, an encoded message with only a resume token. */
export function encodeCurrent(token: Buffer): Buffer {
  return Buffer.concat([encode({ sync: Sync.SYNC_CURRENT }), token]);
}

function encode({
  events = [],
  snapshot = [],
  sync = Sync.SYNC_UNSPECIFIED,
  resumeToken = '',
}: Partial<SubscribeResponse>): Buffer {
  return encoded(SubscribeResponse, { events, snapshot, sync, resumeToken });
}

function eventMessage({
  presence,
  occurredAt,
  reason,
  change,
}: PresenceEvent): PresenceEventMessage {
  return {
    presence: toPresenceMessage(presence),
    occurredAt: timestampMessage(occurredAt),
    reason: REASON_ON_WIRE[reason],
    change: changeMessage(change),
  };
}

function changeMessage(change: Change): PresenceEventMessage['change'] {
  switch (change.kind) {
    case 'USER_ONLINE':
      return { $case: 'userOnline', value: {} };
    case 'USER_OFFLINE':
      return { $case: 'userOffline', value: {} };
    case 'USER_STATUS_CHANGED': {
      const previousStatus = STATUS_ON_WIRE[change.previousStatus];
      return { $case: 'userStatusChanged', value: { previousStatus } };
    }
    case 'USER_CHANNEL_CHANGED': {
      const { previousChannelId } = change;
      return { $case: 'userChannelChanged', value: { previousChannelId } };
    }
    case 'USER_MUTE_STATE_CHANGED': {
      const { wasMicrophoneMuted, wasSpeakerMuted } = change;
      return { $case: 'userMuteStateChanged', value: { wasMicrophoneMuted, wasSpeakerMuted } };
    }
    case 'USER_CONNECTION_CHANGED':
      return { $case: 'userConnectionChanged', value: {} };
  }
  return change satisfies never;
}
