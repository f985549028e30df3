import type { ChangeOf, EventKind, PresenceEvent, Reason } from '../domain/event.js';
import type { Presence } from '../domain/presence.js';
import { encoded } from '../api/codecs.js';
import {
  ChangeReason,
  PresenceEventKind,
  SubscribeResponse,
  Sync,
  WatchCountsResponse,
  type PresenceEvent as PresenceEventMessage,
} from '../api/generated/presence/v1/events_service.pb.js';
import { toPresenceMessage, STATUS_ON_WIRE, timestampMessage } from '../api/proto-mappers.js';
import { countMessage } from '../api/count-mapper.js';
import type { CountScope, StatusCounts } from '../store/presence-reader.js';
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
  TOKEN_REVOKED: ChangeReason.CHANGE_REASON_TOKEN_REVOKED,
  STATUS_EXPIRED: ChangeReason.CHANGE_REASON_STATUS_EXPIRED,
  ATTRIBUTE_EXPIRED: ChangeReason.CHANGE_REASON_ATTRIBUTE_EXPIRED,
  MODERATED: ChangeReason.CHANGE_REASON_MODERATED,
};

/** A kind of event in the contract. */
interface KindOnWire<Kind extends EventKind> {
  /** The value with which a filter names the kind. */
  readonly value: PresenceEventKind;
  /** The content of an event. */
  readonly change: (change: ChangeOf<Kind>) => PresenceEventMessage['change'];
}

/** Every kind of event in the contract. The compiler reports a kind that is missing here. */
export const KIND_ON_WIRE: { readonly [Kind in EventKind]: KindOnWire<Kind> } = {
  USER_ONLINE: {
    value: PresenceEventKind.PRESENCE_EVENT_KIND_USER_ONLINE,
    change: () => ({ $case: 'userOnline', value: {} }),
  },
  USER_OFFLINE: {
    value: PresenceEventKind.PRESENCE_EVENT_KIND_USER_OFFLINE,
    change: () => ({ $case: 'userOffline', value: {} }),
  },
  USER_STATUS_CHANGED: {
    value: PresenceEventKind.PRESENCE_EVENT_KIND_USER_STATUS_CHANGED,
    change: ({ previousStatus }) => ({
      $case: 'userStatusChanged',
      value: { previousStatus: STATUS_ON_WIRE[previousStatus] },
    }),
  },
  USER_CHANNEL_CHANGED: {
    value: PresenceEventKind.PRESENCE_EVENT_KIND_USER_CHANNEL_CHANGED,
    change: ({ previousChannelId, joinedChannelIds, leftChannelIds }) => ({
      $case: 'userChannelChanged',
      value: {
        previousChannelId,
        joinedChannelIds: [...joinedChannelIds],
        leftChannelIds: [...leftChannelIds],
      },
    }),
  },
  USER_MUTE_STATE_CHANGED: {
    value: PresenceEventKind.PRESENCE_EVENT_KIND_USER_MUTE_STATE_CHANGED,
    change: ({ wasMicrophoneMuted, wasSpeakerMuted, moderatorMuteBefore }) => ({
      $case: 'userMuteStateChanged',
      value: {
        wasMicrophoneMuted,
        wasSpeakerMuted,
        wasMicrophoneMutedByModerator: moderatorMuteBefore.isMicrophoneMuted,
        wasSpeakerMutedByModerator: moderatorMuteBefore.isSpeakerMuted,
      },
    }),
  },
  USER_ATTRIBUTES_CHANGED: {
    value: PresenceEventKind.PRESENCE_EVENT_KIND_USER_ATTRIBUTES_CHANGED,
    change: ({ keys }) => ({ $case: 'userAttributesChanged', value: { keys: [...keys] } }),
  },
  USER_CONNECTION_CHANGED: {
    value: PresenceEventKind.PRESENCE_EVENT_KIND_USER_CONNECTION_CHANGED,
    change: () => ({ $case: 'userConnectionChanged', value: {} }),
  },
};

/** The kinds that filters can name. */
export const FILTER_KINDS = Object.entries(KIND_ON_WIRE).map(
  ([kind, { value }]) => [kind as EventKind, value] as const,
);

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

/** Encodes a response of `WatchCounts` with the counts of one channel or group, or of all users. */
export function encodeCount(scope: CountScope | undefined, counts: StatusCounts): Buffer {
  return encoded(WatchCountsResponse, { counts: [countMessage(scope, counts)] });
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
    // The table has the function for each kind. The compiler cannot see that it fits this change.
    change: KIND_ON_WIRE[change.kind].change(change as never),
  };
}
