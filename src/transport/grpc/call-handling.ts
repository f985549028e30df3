import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Metadata, Server, ServerOptions } from '@grpc/grpc-js';
import { containedHandler, containStream, endFaulty } from '../call/fault-isolation.js';
import type { ServedMethod } from '../call/handler.js';
import { transportError } from '../call/status-error.js';
import { encodedMessage, sendCompleteStatuses, statusMessage } from '../call/status-message.js';
import { rejectionOf, stripIllegalHeaders } from './header-validation.js';
import type { Connections } from '../connections/connections.js';
import { serveCall } from './serve-call.js';

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
  /** Notes that a connection has a call, so that it is not closed as idle. */
  onStreamOpened: (stream: ServerHttp2Stream) => void;
  /** grpc-js reads the options again for each call. */
  readonly options: ServerOptions;
}

/** The grpc-js option for the maximum size of a message in bytes, before and after it is inflated. */
const MAX_REQUEST = 'grpc.max_receive_message_length';

export interface HandledCalls {
  /** The methods of the contract by path. All other calls are handled by grpc-js. */
  readonly methods: ReadonlyMap<string, ServedMethod>;
  /** Returns the size limit of a request in bytes, for the path of its method. grpc-js has only one limit for all methods. */
  readonly maxRequestBytesOf: (path: string) => number;
  readonly watchdog: Pick<Connections, 'watch' | 'watchForLibrary'>;
}

/**
 * Handles every call that a gRPC server receives: checks its headers, serves it if it is a method of the contract, and
 * leaves it to grpc-js otherwise. Must be called before services are added.
 *
 * An exception while a call is served, also in grpc-js or in a library that serves the call, ends only that call.
 */
export function handleCalls(
  server: Server,
  { methods, maxRequestBytesOf, watchdog }: HandledCalls,
): void {
  const internals = server as unknown as Internals;
  const { _streamHandler: handle, register, _respondWithError: respond } = internals;
  internals._streamHandler = function (this: Server, interceptors, stream, headers) {
    containStream(stream);
    const path = headers[':path'] ?? '';
    try {
      const rejection = rejectionOf(headers);
      if (rejection !== undefined) {
        // An error of a stream also closes it, so there is nothing else to do.
        stream.on('error', () => {});
        stream.respond(rejection, { endStream: true });
      } else {
        const method = isGrpc(headers) ? methods.get(path) : undefined;
        if (method !== undefined) {
          internals.onStreamOpened(stream);
          const watched = watchdog.watch(stream, headers, method.maxRequestBytes);
          return serveCall(method, stream, headers, watched);
        }
        stripIllegalHeaders(headers);
        internals.options[MAX_REQUEST] = maxRequestBytesOf(path);
        handle.call(this, interceptors, stream, headers);
      }
    } catch (error) {
      endFaulty(stream, error);
    }
    watchdog.watchForLibrary(stream, headers, maxRequestBytesOf(path));
  };
  internals.register = function (path, handler, ...rest) {
    return register.call(this, path, containedHandler(handler), ...rest);
  };
  sendCompleteStatuses();
  // grpc-js calls this only for unknown methods. It repeats the path in the status, unescaped and of any length.
  internals._respondWithError = function (failure, ...rest) {
    const { metadata } = transportError('METHOD_NOT_FOUND', statusMessage(failure.details)).status;
    const details = encodedMessage(failure.details);
    respond.call(this, { ...failure, details, metadata }, ...rest);
  };
}

/** Whether the content type is one of gRPC. grpc-js rejects other content types. */
function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('application/grpc') === true;
}
