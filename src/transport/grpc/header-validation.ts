import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { isLegalValue } from '../call/call-metadata.js';
import { transportError } from '../call/status-error.js';

/** The maximum delay of a Node timer, about 25 days. grpc-js treats a longer deadline as one that has passed. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const TIMEOUT = /^(\d{1,8})([HMSmun])$/;

const MS_OF_UNIT: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

const LEGAL_NAME = /^:?[0-9a-z_.-]+$/;

/** The names that most calls have. They need no check. */
const USUAL_NAMES: ReadonlySet<string> = new Set([
  ':authority',
  ':method',
  ':path',
  ':scheme',
  'accept-encoding',
  'authorization',
  'content-type',
  'grpc-accept-encoding',
  'grpc-timeout',
  'te',
  'user-agent',
]);

/** Drops invalid headers. grpc-js would also drop them, but logs them first, even if they hold a token. */
export function stripIllegalHeaders(headers: IncomingHttpHeaders): void {
  for (const name in headers) {
    const isLegal = USUAL_NAMES.has(name) || LEGAL_NAME.test(name);
    if (!isLegal || !isLegalValue(String(headers[name]))) delete headers[name];
  }
}

/** Returns the timeout of a call in milliseconds. Undefined if it has none, NaN if the header is invalid. */
export function timeoutOf(headers: IncomingHttpHeaders): number | undefined {
  const timeout = headers['grpc-timeout'];
  if (timeout === undefined) return undefined;
  const [, count, unit] = TIMEOUT.exec(String(timeout)) ?? [];
  return count === undefined || unit === undefined ? NaN : Number(count) * MS_OF_UNIT[unit]!;
}

/**
 * Returns the response that rejects an invalid call. Undefined: the call is valid. Removes an RPC deadline in the far
 * future, because no timer can enforce it. Without this check, grpc-js would accept HTTP methods other than POST, end a
 * call with an invalid RPC deadline with INTERNAL, and treat an RPC deadline in the far future as passed.
 */
export function rejectionOf(headers: IncomingHttpHeaders): OutgoingHttpHeaders | undefined {
  if (headers[':method'] !== 'POST') {
    return { ':status': constants.HTTP_STATUS_METHOD_NOT_ALLOWED, allow: 'POST' };
  }
  const timeoutMs = timeoutOf(headers);
  if (timeoutMs === undefined) return undefined;
  if (Number.isNaN(timeoutMs)) {
    const { code, message, metadata } = transportError(
      'INVALID_TIMEOUT',
      'grpc-timeout must be at most 8 digits and one of H, M, S, m, u and n',
    ).status;
    return {
      ':status': constants.HTTP_STATUS_OK,
      'content-type': 'application/grpc+proto',
      'grpc-status': code,
      'grpc-message': message,
      ...metadata.toHttp2Headers(),
    };
  }
  if (timeoutMs > MAX_TIMEOUT_MS) delete headers['grpc-timeout'];
  return undefined;
}
