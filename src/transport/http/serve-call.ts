import type { IncomingMessage, ServerResponse } from 'node:http';
import { RpcException } from '@nestjs/microservices';
import {
  catchError,
  concatAll,
  defer,
  isObservable,
  map,
  of,
  tap,
  throwError,
  type Observable,
} from 'rxjs';
import type { Connections } from '../connections/connections.js';
import { BYTES_PER_CALL, type CallAccount } from '../connections/call-memory.js';
import { addressKey } from '../connections/address-key.js';
import { callMetadata } from '../call/call-metadata.js';
import { containedEmit, INTERNAL_FAULT, logFault } from '../call/fault-isolation.js';
import { enforceDeadline } from '../call/deadline.js';
import { LazyRequest, MalformedMessageError } from '../call/lazy-request.js';
import type { ServedMethod } from '../call/handler.js';
import { responseHeaders } from '../call/request-id.js';
import { transportError, unreadResponses } from '../call/status-error.js';
import type { Format } from './content-negotiation.js';
import { jsonCodec, MAX_JSON_BYTES } from './json-codec.js';
import { protoCodec, type MessageCodec } from './message-codec.js';
import { readBody } from './request-body.js';
import { ResponseStream } from './response-stream.js';

/** The limits of calls. */
export interface Bounds {
  readonly connections: Pick<Connections, 'callMemory' | 'calls'>;
  /** The time in milliseconds in which the client must have read the response of a unary call. */
  readonly callTimeoutMs: number;
}

/** A call over HTTP. */
interface HttpCall {
  readonly method: ServedMethod;
  readonly format: Format;
  readonly codec: MessageCodec;
  readonly request: IncomingMessage;
  readonly stream: ResponseStream;
  readonly account: CallAccount;
  readonly maxRequestBytes: number;
}

/**
 * Serves a call with the same handler as gRPC, so guards, validation, limits and errors are the same. It does not queue
 * messages: every source of a stream checks `isReady` before it emits.
 */
export function serveCall(
  method: ServedMethod,
  format: Format,
  request: IncomingMessage,
  response: ServerResponse,
  bounds: Bounds,
): void {
  const { protocol, encoding } = format;
  const codec = (encoding === 'json' ? jsonCodec : protoCodec)(method.definition);
  const { connections } = bounds;
  const account = connections.callMemory.open(() => {
    connections.calls.disconnects.add(
      'node_budget',
      addressKey(request.socket.remoteAddress ?? ''),
    );
    response.destroy();
  });
  const stream = new ResponseStream(response);
  const observer = protocol.response(stream, protocol.contentTypes[encoding]);
  request.emit = response.emit = containedEmit((_emitter, error) => observer.fail(error));
  const { responseStream } = method.definition;
  if (!responseStream) stream.destroyAfter(bounds.callTimeoutMs);
  const maxRequestBytes = Math.min(
    method.maxRequestBytes,
    encoding === 'json' ? MAX_JSON_BYTES : Infinity,
  );
  const timeout = protocol.parseTimeout(
    headerOf(request, protocol.timeoutHeader) ?? null,
    Infinity,
  );
  const messages = timeout.error
    ? throwError(() => transportError('INVALID_TIMEOUT', timeout.error!.rawMessage))
    : defer(() =>
        invoke({ method, format, codec, request, stream, account, maxRequestBytes }),
      ).pipe(
        tap(() => responseStream && response.flushHeaders()),
        concatAll(),
        map((message) => codec.response(message)),
        // The source of a stream checks `isReady` before it emits. A unary response is written without that check, so
        // its bytes are counted.
        tap((bytes) => responseStream || countResponse(account, bytes)),
      );
  const subscription = messages.pipe(catchError(failureOf)).subscribe(observer);
  response.on('close', () => {
    subscription.unsubscribe();
    account.release();
  });
  if (timeout.timeoutMs !== undefined) enforceDeadline(timeout.timeoutMs, subscription, observer);
}

async function invoke({
  method: { handler, definition },
  format: { protocol },
  codec,
  request,
  stream,
  account,
  maxRequestBytes,
}: HttpCall): Promise<Observable<unknown>> {
  const compression = headerOf(request, protocol.compressionHeader) ?? 'identity';
  if (compression !== 'identity') {
    throw transportError('UNSUPPORTED_REQUEST', 'requests must not be compressed');
  }
  if (!account.raiseTo(BYTES_PER_CALL + sizeOf(request))) {
    throw transportError(
      'REQUEST_BUFFER_FULL',
      'too many requests are incomplete; try again later',
    );
  }
  account.wait();
  const message = protocol.unwrapMessage(await readBody(request, maxRequestBytes, account));
  account.serve();
  // Node does not report the close of a response that waits for an earlier one.
  if (definition.responseStream && stream.isPipelined) {
    throw transportError('STREAM_NEEDS_OWN_CONNECTION', 'a stream needs its own connection');
  }
  const encoded = message === undefined ? noMessage() : codec.request(message);
  const metadata = callMetadata((name) => request.headersDistinct[name]);
  const result = await handler(encoded, metadata, stream);
  // The bytes that a stream holds from now on are counted elsewhere.
  account.lowerTo(definition.responseStream ? 0 : BYTES_PER_CALL);
  for (const [name, value] of Object.entries(responseHeaders(metadata).getMap())) {
    stream.response.setHeader(name, String(value));
  }
  return isObservable(result) ? result : of(result);
}

/**
 * Returns a request without exactly one message. The error is reported only to authorized callers, when the request is
 * decoded.
 */
function noMessage(): LazyRequest {
  const refuse = (): never => {
    throw new MalformedMessageError('is not exactly one uncompressed message in an envelope');
  };
  return new LazyRequest(Buffer.alloc(0), { decode: refuse, decodeInSlices: refuse });
}

/** Returns the size of the headers of a request. */
function sizeOf({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((bytes, { length }) => bytes + length, 0);
}

function countResponse(account: CallAccount, { length }: Buffer): void {
  if (account.raiseTo(BYTES_PER_CALL + length)) return account.wait();
  throw unreadResponses();
}

/**
 * Returns the status of a failed call. Errors of a handler are already statuses; any other exception becomes INTERNAL.
 */
function failureOf(error: unknown): Observable<never> {
  if (!(error instanceof Error)) return throwError(() => error);
  if (error instanceof RpcException) return throwError(() => error.getError());
  logFault(error);
  return throwError(() => INTERNAL_FAULT);
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  return headers[name.toLowerCase()]?.toString();
}
