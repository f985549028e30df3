import { Code, ConnectError } from '@connectrpc/connect';
import { BadRequestSchema, RetryInfoSchema } from './generated/google/rpc/error_details_pb.js';

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
  /** The field, as the contract spells it. */
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
  get isTemporary(): boolean {
    return TEMPORARY.has(this.code);
  }
}

const TEMPORARY: ReadonlySet<PresenceErrorCode> = new Set([
  'unavailable',
  'resource-exhausted',
  'timeout',
  'internal',
]);

const CODES: Readonly<Partial<Record<Code, PresenceErrorCode>>> = {
  [Code.Unauthenticated]: 'unauthenticated',
  [Code.PermissionDenied]: 'permission-denied',
  [Code.NotFound]: 'not-found',
  [Code.InvalidArgument]: 'invalid-argument',
  [Code.ResourceExhausted]: 'resource-exhausted',
  [Code.Aborted]: 'session-ended',
  [Code.Unavailable]: 'unavailable',
  // Who cancels here is told so by the signal; this came from the other side.
  [Code.Canceled]: 'unavailable',
  [Code.DeadlineExceeded]: 'timeout',
  [Code.Unimplemented]: 'unimplemented',
};

/** Any reason as the error that users are given. */
export function toPresenceError(reason: unknown): PresenceError {
  if (reason instanceof PresenceError) return reason;
  const error = ConnectError.from(reason);
  // The transports give the codes of the contract to their own troubles, too: a connection that was reset is ABORTED
  // to them. What the service said itself has no cause in this process.
  const isOwn = error.cause === undefined;
  const code = isOwn ? (CODES[error.code] ?? 'internal') : 'unavailable';
  return new PresenceError(code, error.rawMessage || code, {
    retryAfterMs: retryAfterMs(error),
    violations: error
      .findDetails(BadRequestSchema)
      .flatMap(({ fieldViolations }) =>
        fieldViolations.map(({ field, description }) => ({ field, description })),
      ),
    cause: error,
  });
}

function retryAfterMs(error: ConnectError): number | undefined {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay && Number(delay.seconds) * 1000 + delay.nanos / 1_000_000;
}
