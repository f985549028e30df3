import type { ChangeOf, EventKind, PresenceEvent, Reason } from '../domain/event.js';
import { encoded } from './codecs.js';
import {
  ChangeReason,
  PresenceEventKind,
  SubscribeResponse,
  Sync,
  type PresenceEvent as PresenceEventMessage,
} from './generated/presence/v1/events_service.pb.js';
import { toPresenceMessage, STATUS_ON_WIRE, timestampMessage } from './proto-mappers.js';

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

/** Encodes the fragments of the event log: messages with a single event, or with only a resume token. */
export const fragmentEncoder = {
  event: (event: PresenceEvent): Buffer =>
    encodeSubscribeResponse({ events: [eventMessage(event)] }),
  resumeToken: (resumeToken: string): Buffer => encodeSubscribeResponse({ resumeToken }),
};

/** Encodes a message of a subscription. Missing fields are empty. */
export function encodeSubscribeResponse({
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
