import type { ErrorReason } from './error-reason.js';

/** The code of an error. */
export type PresenceErrorCode =
  /** The token is missing, expired, invalid or revoked, and a new one was rejected too. */
  | 'unauthenticated'
  /** The session belongs to another user, or the token lacks a scope or a grant. `reason` says which. */
  | 'permission-denied'
  /** The session does not exist, or the user has none. */
  | 'not-found'
  /** A field is invalid: `violations` names it. */
  | 'invalid-argument'
  /** The user has too many sessions or subscriptions, or a message is too large. */
  | 'resource-exhausted'
  /** A call of `endSession` ended the session. */
  | 'session-ended'
  /** The service is unreachable, or cannot serve the call now; `reason` then says why. */
  | 'unavailable'
  /** There was no response in time. */
  | 'timeout'
  /** The program aborted the call. */
  | 'cancelled'
  /** The program closed the session, the collection or the client. */
  | 'closed'
  /** The peer does not know the method: it is another service, or a proxy blocks the call. */
  | 'unimplemented'
  /** The service failed with an internal error. */
  | 'internal';

/** A problem with one field of a request. */
export interface FieldViolation {
  /**
   * The name of the argument in this library. If only the service can find the problem, the name of the field in the
   * contract.
   */
  readonly field: string;
  readonly description: string;
}

interface Details {
  readonly reason?: ErrorReason | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly violations?: readonly FieldViolation[];
  readonly cause?: unknown;
}

/** The only kind of error that this library throws. */
export class PresenceError extends Error {
  override readonly name = 'PresenceError';
  /** Why the service rejected the call or ended the stream. Undefined if the error has another origin. */
  readonly reason: ErrorReason | undefined;
  /** The retry hint of the service in milliseconds, if it sent one. */
  readonly retryAfterMs: number | undefined;
  /** The invalid fields, if the code is `invalid-argument`. */
  readonly violations: readonly FieldViolation[];

  constructor(
    readonly code: PresenceErrorCode,
    message: string,
    { reason, retryAfterMs, violations = [], cause }: Details = {},
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.violations = violations;
  }

  /** Whether the same call can succeed later without any change. */
  get isRetryable(): boolean {
    return TEMPORARY.has(this.code);
  }
}

const TEMPORARY: ReadonlySet<PresenceErrorCode> = new Set([
  'unavailable',
  'resource-exhausted',
  'timeout',
  'internal',
]);
