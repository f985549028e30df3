import type { ChannelPatterns } from './channel-patterns.js';

/** The authenticated caller of an RPC, as stated by a verified token. */
export interface Principal {
  readonly userId: string;
  /** Whether the caller may name other users. */
  readonly isAdmin: boolean;
  /** The channels in which the caller is a moderator. */
  readonly moderate: ChannelPatterns;
  /**
   * When the token is not accepted any more, in milliseconds since the epoch, including the leeway. Undefined: never.
   */
  readonly expiresAt: number | undefined;
}

/** The scope of a token that makes its caller an admin. */
export const ADMIN_SCOPE = 'presence:admin';
