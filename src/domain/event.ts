import type { ModeratorMute } from './moderator-mute.js';
import type { Presence, Status } from './presence.js';

/** The reason why a presence changed, as `ChangeReason` of the API. */
export type Reason =
  /** The change was found afterwards, when its reason was not known any more. */
  | 'UNKNOWN'
  | 'REQUESTED'
  | 'CONNECTED'
  | 'DISCONNECTED'
  | 'CONNECTION_LOST'
  | 'NODE_LOST'
  | 'IDLE'
  | 'ACTIVE'
  | 'SESSION_ENDED'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_REVOKED'
  | 'STATUS_EXPIRED'
  | 'ATTRIBUTE_EXPIRED'
  | 'MODERATED';

/** A change, with the value before it. */
export type Change =
  | { readonly kind: 'USER_ONLINE' }
  | { readonly kind: 'USER_OFFLINE' }
  | { readonly kind: 'USER_STATUS_CHANGED'; readonly previousStatus: Status }
  | {
      readonly kind: 'USER_CHANNEL_CHANGED';
      /** The current channel before. It can be the current channel still, if only other channels changed. */
      readonly previousChannelId: string | undefined;
      /** The channels that the user is in now and was not in before, sorted. */
      readonly joinedChannelIds: readonly string[];
      /** The channels that the user was in before and is not in now, sorted. */
      readonly leftChannelIds: readonly string[];
    }
  | {
      readonly kind: 'USER_MUTE_STATE_CHANGED';
      readonly wasMicrophoneMuted: boolean;
      readonly wasSpeakerMuted: boolean;
      /** The state that moderators had set before. */
      readonly moderatorMuteBefore: ModeratorMute;
    }
  /** The keys are sorted. */
  | { readonly kind: 'USER_ATTRIBUTES_CHANGED'; readonly keys: readonly string[] }
  | { readonly kind: 'USER_CONNECTION_CHANGED' };

/** The kind of an event. */
export type EventKind = Change['kind'];

/** A change of one kind. */
export type ChangeOf<Kind extends EventKind> = Extract<Change, { readonly kind: Kind }>;

/** One change of the presence of one user, for all subscriptions that it matches. */
export interface PresenceEvent {
  /** The presence after the complete commit. */
  readonly presence: Presence;
  /** The channel before the commit. Subscriptions that match this channel receive the event, too. */
  readonly previousChannelId: string | undefined;
  /** The other channels before the commit, with the same effect, in the order of the joins. */
  readonly previousOtherChannelIds: readonly string[];
  readonly occurredAt: number;
  readonly reason: Reason;
  readonly change: Change;
}
