import type { RememberedChoices } from './choices.js';
import type { StatusChoice } from './user.js';

/** Why a session stopped. One that was lost, or its node, is given the reconnect grace, the others are not. */
export type EndReason =
  'DISCONNECTED' | 'CONNECTION_LOST' | 'NODE_LOST' | 'SESSION_ENDED' | 'TOKEN_EXPIRED';

/** What can happen to a user. */
export type Input =
  | {
      readonly type: 'connect';
      readonly sessionId: string;
      /** Where its stream is; see `Session`. */
      readonly node: string;
      readonly platform: string;
      readonly isMicrophoneMuted: boolean | undefined;
      readonly isSpeakerMuted: boolean | undefined;
      readonly requireHeartbeats: boolean;
      readonly tokenExpiresAt: number | undefined;
      /** The session that the client had before. Undefined: it says of none. */
      readonly previousSessionId: string | undefined;
      /** What the client was told of the user's choices. */
      readonly remembered: RememberedChoices | undefined;
      /** What the wall clock says, by which a remembered status may have lapsed. Undefined: the time of the rules. */
      readonly wall?: number;
    }
  | { readonly type: 'disconnect'; readonly sessionId: string; readonly cause: EndReason }
  | { readonly type: 'heartbeat'; readonly sessionId: string }
  /**
   * The node that holds the stream of a session has not heard its client for the heartbeat timeout. Void if a sign of life
   * has moved `heartbeatDueAt` on.
   */
  | { readonly type: 'silent'; readonly sessionId: string; readonly heartbeatDueAt: number }
  /** Without a session: on the most recently active one. */
  | { readonly type: 'activity'; readonly sessionId: string | undefined }
  | { readonly type: 'joinChannel'; readonly sessionId: string; readonly channelId: string }
  | { readonly type: 'leaveChannel'; readonly sessionId: string }
  | {
      readonly type: 'setMute';
      readonly sessionId: string;
      readonly isMicrophoneMuted: boolean | undefined;
      readonly isSpeakerMuted: boolean | undefined;
    }
  | {
      readonly type: 'setStatus';
      readonly sessionId: string;
      readonly choice: StatusChoice;
      readonly statusText: string;
      readonly expiresAt: number | undefined;
      /** What the wall clock says, by which `expiresAt` must lie in the future. Undefined: the time of the rules. */
      readonly wall?: number;
    }
  /** A node is gone, and with it every stream it held. */
  | { readonly type: 'nodeLost'; readonly node: string }
  /** A node goes on under another name. */
  | { readonly type: 'nodeRenamed'; readonly node: string; readonly name: string }
  /** Time has passed. Handles the one matter that is due first. */
  | {
      readonly type: 'time';
      /** What lies after this is not due yet. Undefined: the time of the rules. */
      readonly upTo?: number;
      /** The same for the times that others gave: the end of a token and of a status. */
      readonly wall?: number;
    };
