/** What went wrong, in a word. */
export type PresenceErrorCode =
  /** No token, or one that is expired or wrong, and a new one was no better. */
  | 'unauthenticated'
  /** Someone else's session, or the scope is missing. */
  | 'permission-denied'
  /** No such session, or a user without one. */
  | 'not-found'
  /** A field is wrong: `violations` names it. */
  | 'invalid-argument'
  /** Too many sessions or subscriptions, or a message too large. */
  | 'resource-exhausted'
  /** The session was ended by `endSession`. */
  | 'session-ended'
  /** The service, or the way to it, is out of reach. */
  | 'unavailable'
  /** No answer in time. */
  | 'timeout'
  /** The program aborted it. */
  | 'cancelled'
  /** The program closed the session, the collection or the client. */
  | 'closed'
  /** The other side does not know the call: not this service, or a proxy that does not let it through. */
  | 'unimplemented'
  /** A fault of the service. */
  | 'internal';

/** What is wrong with one field of a request. */
export interface FieldViolation {
  /** The argument as this library spells it, or where only the service can tell, the field as the contract does. */
  readonly field: string;
  readonly description: string;
}

interface Details {
  readonly retryAfterMs?: number | undefined;
  readonly violations?: readonly FieldViolation[];
  readonly cause?: unknown;
}

/** The one kind of error that this library gives its users. */
export class PresenceError extends Error {
  override readonly name = 'PresenceError';
  /** When it is worth while to try again, in milliseconds, where the service said so. */
  readonly retryAfterMs: number | undefined;
  /** Which fields are wrong, with `invalid-argument`. */
  readonly violations: readonly FieldViolation[];

  constructor(
    readonly code: PresenceErrorCode,
    message: string,
    { retryAfterMs, violations = [], cause }: Details = {},
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.retryAfterMs = retryAfterMs;
    this.violations = violations;
  }

  /** Whether the same call may succeed later without anybody changing anything. */
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
