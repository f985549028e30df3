import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Metadata, Server, ServerOptions } from '@grpc/grpc-js';
import { containedHandler, containStream, endFaulty } from '../call/fault-isolation.js';
import { transportError } from '../call/status-error.js';
import { encodedMessage, sendCompleteStatuses, statusMessage } from '../call/status-message.js';

type HandleStream = (
  interceptors: unknown,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
) => void;

type ServeCall = Parameters<typeof containedHandler>[0];

/** The private members of grpc-js through which every call passes. */
interface Internals {
  register: (path: string, handler: ServeCall, ...rest: unknown[]) => boolean;
  _streamHandler: HandleStream;
  _respondWithError: (
    failure: { readonly details: string; readonly metadata?: Metadata },
    ...rest: unknown[]
  ) => void;
  /** grpc-js reads the options again for each call. */
  readonly options: ServerOptions;
}

/** The grpc-js option for the maximum size of a message in bytes, before and after it is inflated. */
const MAX_REQUEST = 'grpc.max_receive_message_length';

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
const LEGAL_VALUE = /^[ -~]*$/;

/** Whether gRPC allows this value in a header. */
export function isLegalValue(value: string): boolean {
  return LEGAL_VALUE.test(value);
}

/**
 * Checks the headers of every call before grpc-js does. grpc-js accepts HTTP methods other than POST, ends a call with
 * an invalid RPC deadline with INTERNAL, and treats an RPC deadline in the far future as passed. It also drops an
 * invalid header, but logs it first, even if it holds a token. `maxRequestBytes` returns the size limit of a request
 * for the path of its method; grpc-js itself has only one limit for all methods. Must be called before services are
 * added.
 *
 * An exception while a call is served, in grpc-js or in a library that serves the call, ends only that call.
 */
export function validateHeaders(server: Server, maxRequestBytes: (path: string) => number): void {
  const internals = server as unknown as Internals;
  const handle = internals._streamHandler;
  internals._streamHandler = function (this: Server, interceptors, stream, headers) {
    containStream(stream);
    try {
      const rejection = refusalOf(headers);
      if (rejection === undefined) {
        stripIllegalHeaders(headers);
        internals.options[MAX_REQUEST] = maxRequestBytes(headers[':path'] ?? '');
        return handle.call(this, interceptors, stream, headers);
      }
      // An error of a stream also closes it, so there is nothing else to do.
      stream.on('error', () => {});
      stream.respond(rejection, { endStream: true });
    } catch (error) {
      endFaulty(stream, error);
    }
  };
  const register = internals.register;
  internals.register = function (path, handler, ...rest) {
    return register.call(this, path, containedHandler(handler), ...rest);
  };
  sendCompleteStatuses();
  // grpc-js calls this only for unknown methods. It repeats the path in the status, unescaped and of any length.
  const respond = internals._respondWithError;
  internals._respondWithError = function (failure, ...rest) {
    const { metadata } = transportError('METHOD_NOT_FOUND', statusMessage(failure.details)).status;
    const details = encodedMessage(failure.details);
    respond.call(this, { ...failure, details, metadata }, ...rest);
  };
}

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

function stripIllegalHeaders(headers: IncomingHttpHeaders): void {
  for (const name in headers) {
    const isLegal = USUAL_NAMES.has(name) || LEGAL_NAME.test(name);
    if (!isLegal || !isLegalValue(String(headers[name]))) delete headers[name];
  }
}

/**
 * Returns the response that rejects an invalid call. Removes an RPC deadline that is too far in the future to be
 * enforced.
 */
function refusalOf(headers: IncomingHttpHeaders): OutgoingHttpHeaders | undefined {
  if (headers[':method'] !== 'POST') {
    return { ':status': constants.HTTP_STATUS_METHOD_NOT_ALLOWED, allow: 'POST' };
  }
  const timeout = headers['grpc-timeout'];
  if (timeout === undefined) return undefined;
  const [, count, unit] = TIMEOUT.exec(String(timeout)) ?? [];
  if (count === undefined || unit === undefined) {
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
  if (Number(count) * MS_OF_UNIT[unit]! > MAX_TIMEOUT_MS) delete headers['grpc-timeout'];
  return undefined;
}
