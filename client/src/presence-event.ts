import type { Attributes } from './attributes.js';
import { toUpdate, type ChangeReason } from './change.js';
import type { PresenceEvent as EventMessage } from './generated/presence/v1/events_service_pb.js';
import { nameOfStatus, type Presence, type Status } from './presence.js';

/** The fields that all events have. */
interface CommonFields<A> {
  readonly userId: string;
  /** The complete presence after the commit. All events of one commit have the same presence. */
  readonly presence: Presence<A>;
  readonly reason: Exclude<ChangeReason, 'snapshot'>;
  /** When the service committed the change. */
  readonly occurredAt: Date | undefined;
}

/** The kind of an event, and what the presence was before, as far as the kind announces it. */
export type EventDetails =
  /** The user came online, became visible, or went offline. A session began or ended beside others. */
  | { readonly kind: 'online' | 'offline' | 'connection-changed' }
  | { readonly kind: 'status-changed'; readonly previousStatus: Status }
  | {
      readonly kind: 'channel-changed';
      /** The channel that the user had joined last. Undefined: none. */
      readonly previousChannelId: string | undefined;
      readonly joinedChannelIds: readonly string[];
      readonly leftChannelIds: readonly string[];
    }
  | {
      readonly kind: 'mute-changed';
      readonly wasMicrophoneMuted: boolean;
      readonly wasSpeakerMuted: boolean;
      readonly wasMicrophoneMutedByModerator: boolean;
      readonly wasSpeakerMutedByModerator: boolean;
    }
  /** `keys`: the keys of the attributes that were added, changed or removed, or that expired. */
  | { readonly kind: 'attributes-changed'; readonly keys: readonly string[] }
  /** A kind that is newer than this library. */
  | { readonly kind: 'unknown' };

/** One event of a user. A commit can cause several events, each of another kind. */
export type PresenceEvent<A = Attributes> = CommonFields<A> & EventDetails;

export function presenceEventOf<A>(message: EventMessage): PresenceEvent<A> {
  const { presence, reason, occurredAt } = toUpdate<A>(message);
  const { userId } = presence;
  const common = { userId, presence, reason: reason as CommonFields<A>['reason'], occurredAt };
  return { ...common, ...detailsOf(message.change) };
}

function detailsOf(change: EventMessage['change']): EventDetails {
  switch (change.case) {
    case 'userOnline':
      return { kind: 'online' };
    case 'userOffline':
      return { kind: 'offline' };
    case 'userConnectionChanged':
      return { kind: 'connection-changed' };
    case 'userStatusChanged':
      return { kind: 'status-changed', previousStatus: nameOfStatus(change.value.previousStatus) };
    case 'userChannelChanged': {
      const { previousChannelId, joinedChannelIds, leftChannelIds } = change.value;
      return { kind: 'channel-changed', previousChannelId, joinedChannelIds, leftChannelIds };
    }
    case 'userMuteStateChanged': {
      const { wasMicrophoneMuted, wasSpeakerMuted } = change.value;
      const { wasMicrophoneMutedByModerator, wasSpeakerMutedByModerator } = change.value;
      return {
        kind: 'mute-changed',
        wasMicrophoneMuted,
        wasSpeakerMuted,
        wasMicrophoneMutedByModerator,
        wasSpeakerMutedByModerator,
      };
    }
    case 'userAttributesChanged':
      return { kind: 'attributes-changed', keys: change.value.keys };
    case undefined:
      return { kind: 'unknown' };
  }
}
