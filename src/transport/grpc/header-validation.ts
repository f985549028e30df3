import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { status, type Server, type ServerOptions } from '@grpc/grpc-js';
import { containedHandler, containStream, endFaulty } from '../call/fault-isolation.js';
import { encodedMessage, encodeSafely } from '../call/status-message.js';

type HandleStream = (
  interceptors: unknown,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
) => void;

type ServeCall = Parameters<typeof containedHandler>[0];

/** What grpc-js keeps to itself: where every call comes in. */
interface Insides {
  register: (path: string, handler: ServeCall, ...rest: unknown[]) => boolean;
  _streamHandler: HandleStream;
  _respondWithError: (failure: { readonly details: string }, ...rest: unknown[]) => void;
  /** Looked at anew for each call. */
  readonly options: ServerOptions;
}

/** Of grpc-js: how many bytes a message may have, before and after it was inflated. */
const MAX_REQUEST = 'grpc.max_receive_message_length';

/** Longer than this no timer of Node runs, and grpc-js takes it for a time that has passed. Some 25 days. */
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

/** Whether gRPC allows a header to have this value. */
export function isLegalValue(value: string): boolean {
  return LEGAL_VALUE.test(value);
}

/**
 * Looks at the headers of every call before grpc-js does, which serves calls of other methods than POST, says INTERNAL
 * to a deadline that it cannot read, and to one in the far future that it has passed. A header that gRPC does not
 * know it would leave out as well, but write to the log first, be it a token. To be called before services are added.
 * `maxRequestBytes` says how large the request of the method at a path may be, of which grpc-js knows one number for all.
 *
 * Whatever throws while a call is served, in grpc-js or in a library behind it, ends that call and nothing else.
 */
export function validateHeaders(server: Server, maxRequestBytes: (path: string) => number): void {
  const insides = server as unknown as Insides;
  const handle = insides._streamHandler;
  insides._streamHandler = function (this: Server, interceptors, stream, headers) {
    containStream(stream);
    try {
      const refusal = refusalOf(headers);
      if (refusal === undefined) {
        stripIllegalHeaders(headers);
        insides.options[MAX_REQUEST] = maxRequestBytes(headers[':path'] ?? '');
        return handle.call(this, interceptors, stream, headers);
      }
      // Every error of a stream closes it as well; there is nothing to be told of it.
      stream.on('error', () => {});
      stream.respond(refusal, { endStream: true });
    } catch (error) {
      endFaulty(stream, error);
    }
  };
  const register = insides.register;
  insides.register = function (path, handler, ...rest) {
    return register.call(this, path, containedHandler(handler), ...rest);
  };
  encodeSafely();
  // It repeats the path of a method that there is not, as it came and at any length.
  const respond = insides._respondWithError;
  insides._respondWithError = function (failure, ...rest) {
    respond.call(this, { ...failure, details: encodedMessage(failure.details) }, ...rest);
  };
}

function stripIllegalHeaders(headers: IncomingHttpHeaders): void {
  for (const name of Object.keys(headers)) {
    if (!LEGAL_NAME.test(name) || !isLegalValue(String(headers[name]))) delete headers[name];
  }
}

/** The answer to a call that is none. Takes out a deadline that is too far away to matter. */
function refusalOf(headers: IncomingHttpHeaders): OutgoingHttpHeaders | undefined {
  if (headers[':method'] !== 'POST') {
    return { ':status': constants.HTTP_STATUS_METHOD_NOT_ALLOWED, allow: 'POST' };
  }
  const timeout = headers['grpc-timeout'];
  if (timeout === undefined) return undefined;
  const [, count, unit] = TIMEOUT.exec(String(timeout)) ?? [];
  if (count === undefined || unit === undefined) {
    return {
      ':status': constants.HTTP_STATUS_OK,
      'content-type': 'application/grpc+proto',
      'grpc-status': status.INVALID_ARGUMENT,
      'grpc-message': 'grpc-timeout must be at most 8 digits and one of H, M, S, m, u and n',
    };
  }
  if (Number(count) * MS_OF_UNIT[unit]! > MAX_TIMEOUT_MS) delete headers['grpc-timeout'];
  return undefined;
}
