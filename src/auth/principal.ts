import type { Viewer } from '../domain/viewer.js';
import type { ChannelPatterns } from './channel-patterns.js';

/** The authenticated caller of an RPC, as stated by a verified token. */
export interface Principal {
  readonly userId: string;
  /** Whether the caller may name other users. */
  readonly isAdmin: boolean;
  /** The channels in which the caller is a moderator. */
  readonly moderate: ChannelPatterns;
  /** The groups of the user, sorted, each once. */
  readonly groups: readonly string[];
  /** Returns whether the token grants to join a channel. Undefined: it grants every channel. */
  readonly mayJoin: ((channelId: string) => boolean) | undefined;
  /** Identifies the channels that `mayJoin` accepts, on every node and after a restart. Undefined: the token grants every channel. */
  readonly joinRights: string | undefined;
  /** Whether the token may not begin sessions. */
  readonly isWatchOnly: boolean;
  /** The caller as a viewer of presences, by the grants of the token and the settings. */
  readonly viewer: Viewer;
  /** When the token was issued, in seconds since the epoch, rounded down. Undefined: the token does not say. */
  readonly issuedAt: number | undefined;
  /**
   * When the token is not accepted any more, in milliseconds since the epoch, including the leeway. Undefined: never.
   */
  readonly expiresAt: number | undefined;
}

/** The scope of a token that makes its caller an admin. */
export const ADMIN_SCOPE = 'presence:admin';
