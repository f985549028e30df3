import type { AttributeChanges } from './attributes.js';
import type { RememberedChoices } from './choices.js';
import type { ModerationInput } from './moderation.js';
import type { StatusChoice } from './user.js';

/** Why a session ended. Only CONNECTION_LOST and NODE_LOST give the session a grace. */
export type EndReason =
  | 'DISCONNECTED'
  | 'CONNECTION_LOST'
  | 'NODE_LOST'
  | 'SESSION_ENDED'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_REVOKED';

/** The part of a token that the rules use. */
export interface TokenGrants {
  /** See `Session`. */
  readonly groups: readonly string[];
  readonly issuedAt: number | undefined;
  /** Returns whether the token grants to join a channel. Undefined: it grants every channel. */
  readonly mayJoin: ((channelId: string) => boolean) | undefined;
  /** See `Session`. */
  readonly joinRights?: string | undefined;
}

/** An input of the rules: something that happens to a user. */
export type Input =
  | {
      readonly type: 'connect';
      readonly sessionId: string;
      /** The node that holds the stream; see `Session`. */
      readonly node: string;
      readonly platform: string;
      readonly isMicrophoneMuted: boolean | undefined;
      readonly isSpeakerMuted: boolean | undefined;
      readonly requireHeartbeats: boolean;
      readonly tokenExpiresAt: number | undefined;
      /** Undefined: the token has no groups, grants every channel and does not say when it was issued. */
      readonly token?: TokenGrants;
      /** The session that the client had before. Undefined: the client named none. */
      readonly previousSessionId: string | undefined;
      /** The attributes that the session starts with. They do not expire before it. */
      readonly attributes: ReadonlyMap<string, string>;
      /** The choices of the user that the client last received. */
      readonly remembered: RememberedChoices | undefined;
      /** The wall clock, which decides whether a remembered status has expired. Undefined: the service time. */
      readonly wall?: number;
    }
  | { readonly type: 'disconnect'; readonly sessionId: string; readonly cause: EndReason }
  | { readonly type: 'heartbeat'; readonly sessionId: string }
  /**
   * The node that holds the stream received no sign of life within the heartbeat timeout. The input has no effect if a
   * later sign of life has changed `heartbeatDueAt`.
   */
  | { readonly type: 'silent'; readonly sessionId: string; readonly heartbeatDueAt: number }
  /** Without a session, the activity counts for the most recently active one. */
  | { readonly type: 'activity'; readonly sessionId: string | undefined }
  | {
      readonly type: 'joinChannel';
      readonly sessionId: string;
      readonly channelId: string;
      /** Whether the user stays in the other channels. */
      readonly keepOthers: boolean;
    }
  | {
      readonly type: 'leaveChannel';
      readonly sessionId: string;
      /** The channel to leave, with all sessions. Undefined: all channels. */
      readonly channelId: string | undefined;
    }
  | {
      readonly type: 'setMute';
      readonly sessionId: string;
      readonly isMicrophoneMuted: boolean | undefined;
      readonly isSpeakerMuted: boolean | undefined;
    }
  | {
      readonly type: 'setStatus';
      /** Undefined: a backend sets the status. It is no activity, and the user need not be connected. */
      readonly sessionId: string | undefined;
      readonly choice: StatusChoice;
      readonly statusText: string;
      readonly expiresAt: number | undefined;
      /** The wall clock. `expiresAt` must be later. Undefined: the service time. */
      readonly wall?: number;
    }
  | {
      readonly type: 'setAttributes';
      readonly sessionId: string;
      readonly changes: AttributeChanges;
      /** Whether the command is only a sign of life, and no activity. */
      readonly isPassive: boolean;
    }
  /** Replaces the list of users from whom the user hides. */
  | { readonly type: 'hideFrom'; readonly userIds: readonly string[] }
  /** Ends the sessions of tokens that were issued before a time of the wall clock, in milliseconds, and refuses such tokens. */
  | { readonly type: 'revokeTokens'; readonly issuedBefore: number }
  /** All tokens that were issued before a time of the wall clock have expired, so a revocation of them is not needed any more. */
  | { readonly type: 'forgetRevocation'; readonly issuedBefore: number }
  | ModerationInput
  /** A node failed, and all its streams with it. */
  | { readonly type: 'nodeLost'; readonly node: string }
  /** A node continues under a new node id. */
  | { readonly type: 'nodeRenamed'; readonly node: string; readonly name: string }
  /** Time has passed. The rules process only the earliest deadline that is due. */
  | {
      readonly type: 'time';
      /** Durations that end after this time are not due yet. Undefined: the service time. */
      readonly upTo?: number;
      /** The same for times that others gave: the expiry of a token and of a status. Undefined: the service time. */
      readonly wall?: number;
    };
