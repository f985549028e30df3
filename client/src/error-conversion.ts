import { Code, ConnectError } from '@connectrpc/connect';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from './generated/google/rpc/error_details_pb.js';
import { PresenceError, type PresenceErrorCode } from './presence-error.js';

const CODES: Readonly<Partial<Record<Code, PresenceErrorCode>>> = {
  [Code.Unauthenticated]: 'unauthenticated',
  [Code.PermissionDenied]: 'permission-denied',
  [Code.NotFound]: 'not-found',
  [Code.InvalidArgument]: 'invalid-argument',
  [Code.ResourceExhausted]: 'resource-exhausted',
  [Code.Aborted]: 'session-ended',
  [Code.Unavailable]: 'unavailable',
  // The signal reports a cancellation on this side, so this one came from the peer.
  [Code.Canceled]: 'unavailable',
  [Code.DeadlineExceeded]: 'timeout',
  [Code.Unimplemented]: 'unimplemented',
};

/** The domain of the reasons of the service. */
const DOMAIN = 'presence.v1';

/** Converts any failure to the error that users of the library receive. */
export function toPresenceError(reason: unknown): PresenceError {
  if (reason instanceof PresenceError) return reason;
  const error = ConnectError.from(reason);
  // The transports also use the codes of the contract for their own failures: they report a connection reset as
  // ABORTED. An error that the service sent has no `cause` in this process.
  const isOwn = error.cause === undefined;
  const code = isOwn ? (CODES[error.code] ?? 'internal') : 'unavailable';
  return new PresenceError(code, error.rawMessage || code, {
    reason: error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === DOMAIN)?.reason,
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
