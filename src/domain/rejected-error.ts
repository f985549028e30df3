/** Reasons for rejecting a call. `src/api/rejections.ts` has the status code and the description of each. */
export const REJECTION_REASONS = [
  'SESSION_NOT_FOUND',
  'USER_HAS_NO_SESSION',
  'USER_NOT_PRESENT',
  'USER_NOT_IN_CHANNEL',
  'SESSION_OF_ANOTHER_USER',
  'ADMIN_SCOPE_REQUIRED',
  'MODERATE_GRANT_REQUIRED',
  'CHANNEL_NOT_GRANTED',
  'GROUP_NOT_GRANTED',
  'WATCH_ONLY_TOKEN',
  'TOO_MANY_SESSIONS',
  'TOO_MANY_CHANNELS',
  'TOO_MANY_SUBSCRIPTIONS',
  'TOO_MANY_COMMANDS',
  'TOO_MANY_CALLS',
  'TOO_MANY_PRESENCES',
  'TOO_MANY_NEW_SESSIONS',
  'NODE_FULL',
  'OUT_OF_MEMORY',
  'SUBSCRIBER_TOO_SLOW',
  'SESSION_ENDED',
  'HEARTBEATS_MISSED',
  'NODE_LOST',
  'STORE_UNAVAILABLE',
  'TOKEN_EXPIRED',
  'TOKEN_REVOKED',
  'DRAINING',
  'INVALID_FIELD',
  'MALFORMED_REQUEST',
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_KEYS_UNAVAILABLE',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];

/**
 * The rejection of a command or a query, thrown before anything has changed. The message says what the caller can do
 * next, and contains nothing that the caller may not know.
 */
export class RejectedError extends Error {
  override readonly name = 'RejectedError';

  constructor(
    readonly reason: RejectionReason,
    message: string,
    /** The field of the request that caused the rejection, spelled as in the protobuf API. */
    readonly field?: string,
  ) {
    super(message);
  }
}

/** A retryable rejection. `retryAfterMs` is the retry hint: the same call can succeed after that many milliseconds. */
export class RetryableError extends RejectedError {
  constructor(
    reason: RejectionReason,
    message: string,
    readonly retryAfterMs: number,
  ) {
    super(reason, message);
  }
}
