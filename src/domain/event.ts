import type { Presence, Status } from './presence.js';

/** Why a presence changed, as `ChangeReason` of the contract. */
export type Reason =
  /** Found out afterwards, when nobody could say any more. */
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
  | 'STATUS_EXPIRED';

/** What changed, with what was before. */
export type Change =
  | { readonly kind: 'USER_ONLINE' }
  | { readonly kind: 'USER_OFFLINE' }
  | { readonly kind: 'USER_STATUS_CHANGED'; readonly previousStatus: Status }
  | { readonly kind: 'USER_CHANNEL_CHANGED'; readonly previousChannelId: string | undefined }
  | {
      readonly kind: 'USER_MUTE_STATE_CHANGED';
      readonly wasMicrophoneMuted: boolean;
      readonly wasSpeakerMuted: boolean;
    }
  | { readonly kind: 'USER_CONNECTION_CHANGED' };

/** One change of one user's presence, for everyone who watches. */
export interface PresenceEvent {
  /** After the whole commit. */
  readonly presence: Presence;
  /** The channel before the commit: its watchers are told, too. */
  readonly previousChannelId: string | undefined;
  readonly occurredAt: number;
  readonly reason: Reason;
  readonly change: Change;
}
