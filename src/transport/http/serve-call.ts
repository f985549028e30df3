import type { IncomingMessage, ServerResponse } from 'node:http';
import { Metadata, status } from '@grpc/grpc-js';
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
import { BYTES_PER_CALL, type Hold } from '../connections/held-bytes.js';
import { addressKey } from '../connections/address-key.js';
import { containedEmit, INTERNAL_FAULT, logFault } from '../call/fault-isolation.js';
import { enforceDeadline } from '../call/deadline.js';
import { LazyRequest, MalformedMessageError } from '../call/lazy-request.js';
import type { ServedMethod } from '../call/handler.js';
import { responseHeaders, REQUEST_ID } from '../call/request-id.js';
import { isLegalValue } from '../grpc/header-validation.js';
import { statusError } from '../call/status-error.js';
import type { Format } from './content-negotiation.js';
import { jsonCodec, MAX_JSON_BYTES } from './json-codec.js';
import { protoCodec, type MessageCodec } from './message-codec.js';
import { readBody } from './request-body.js';
import { ResponseStream } from './response-stream.js';

/** What bounds calls. */
export interface Bounds {
  /** The size limit of a request in bytes, by the path of its method. */
  readonly maxRequestBytesOf: (path: string) => number;
  readonly connections: Pick<Connections, 'held' | 'calls'>;
  /** How long a call with one answer may take until that is taken, in milliseconds. */
  readonly callTimeoutMs: number;
}

/** A call that came over HTTP. */
interface HttpCall {
  readonly method: ServedMethod;
  readonly format: Format;
  readonly codec: MessageCodec;
  readonly request: IncomingMessage;
  readonly stream: ResponseStream;
  readonly hold: Hold;
  readonly maxRequestBytes: number;
}

/**
 * Answers a call with the handler that gRPC calls: guard, validation, limits and errors are the same. It queues
 * nothing, since every source of a stream asks whether it is ready before it emits.
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
  const hold = connections.held.hold(() => {
    connections.calls.cuts.add('oldest', addressKey(request.socket.remoteAddress ?? ''));
    response.destroy();
  });
  const stream = new ResponseStream(response, hold);
  const answer = protocol.answer(stream, protocol.contentTypes[encoding]);
  request.emit = response.emit = containedEmit((_emitter, error) => answer.fail(error));
  const { responseStream } = method.definition;
  if (!responseStream) stream.destroyAfter(bounds.callTimeoutMs);
  const maxRequestBytes = Math.min(
    bounds.maxRequestBytesOf(method.definition.path),
    encoding === 'json' ? MAX_JSON_BYTES : Infinity,
  );
  const timeout = protocol.parseTimeout(
    headerOf(request, protocol.timeoutHeader) ?? null,
    Infinity,
  );
  const messages = timeout.error
    ? throwError(() => statusError(status.INVALID_ARGUMENT, timeout.error!.rawMessage))
    : defer(() => ask({ method, format, codec, request, stream, hold, maxRequestBytes })).pipe(
        tap(() => responseStream && response.flushHeaders()),
        concatAll(),
        map((message) => codec.answer(message)),
        // A stream is asked whether it is ready; an answer is there before anybody can ask.
        tap((bytes) => responseStream || holdAnswer(hold, bytes)),
      );
  const subscription = messages.pipe(catchError(failureOf)).subscribe(answer);
  response.on('close', () => {
    subscription.unsubscribe();
    hold.release();
  });
  if (timeout.timeoutMs !== undefined) enforceDeadline(timeout.timeoutMs, subscription, answer);
}

async function ask({
  method: { handler, definition },
  format: { protocol },
  codec,
  request,
  stream,
  hold,
  maxRequestBytes,
}: HttpCall): Promise<Observable<unknown>> {
  const compression = headerOf(request, protocol.compressionHeader) ?? 'identity';
  if (compression !== 'identity') {
    throw statusError(status.UNIMPLEMENTED, 'requests have to come uncompressed');
  }
  if (!hold.raiseTo(BYTES_PER_CALL + sizeOf(request))) {
    throw statusError(status.RESOURCE_EXHAUSTED, 'too many calls are being served');
  }
  hold.wait();
  const message = protocol.unwrapMessage(await readBody(request, maxRequestBytes, hold));
  hold.serve();
  // Node would not tell when it closes, since it is not yet its turn.
  if (definition.responseStream && stream.isPipelined) {
    throw statusError(status.FAILED_PRECONDITION, 'a stream needs a connection of its own');
  }
  const encoded = message === undefined ? noMessage() : codec.request(message);
  const metadata = metadataOf(request);
  const result = await handler(encoded, metadata, stream);
  // What a stream holds from then on is counted elsewhere.
  hold.lowerTo(definition.responseStream ? 0 : BYTES_PER_CALL);
  for (const [name, value] of Object.entries(responseHeaders(metadata).getMap())) {
    stream.response.setHeader(name, String(value));
  }
  return isObservable(result) ? result : of(result);
}

/** A request in which there is not exactly one message. That it is not is told to those who may call. */
function noMessage(): LazyRequest {
  const refuse = (): never => {
    throw new MalformedMessageError('is not one message in an envelope, uncompressed');
  };
  return new LazyRequest(Buffer.alloc(0), { decode: refuse, decodeInTurns: refuse });
}

/** How many bytes the headers of a request take. */
function sizeOf({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((bytes, { length }) => bytes + length, 0);
}

function holdAnswer(hold: Hold, { length }: Buffer): void {
  if (hold.raiseTo(BYTES_PER_CALL + length)) return hold.wait();
  throw statusError(status.RESOURCE_EXHAUSTED, 'too many answers wait to be taken');
}

/** What the handler fails with is a status already. */
function failureOf(error: unknown): Observable<never> {
  if (!(error instanceof Error)) return throwError(() => error);
  if (error instanceof RpcException) return throwError(() => error.getError());
  logFault(error);
  return throwError(() => INTERNAL_FAULT);
}

/** What somebody looks at who stands on the way of a call: the guard, the log, and traces. */
const METADATA = ['authorization', REQUEST_ID, 'traceparent', 'tracestate'];

function metadataOf(request: IncomingMessage): Metadata {
  const metadata = new Metadata();
  for (const name of METADATA) {
    // As over gRPC, what it does not allow is as if it were not there.
    for (const value of (request.headersDistinct[name] ?? []).filter(isLegalValue)) {
      metadata.add(name, value);
    }
  }
  return metadata;
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  return headers[name.toLowerCase()]?.toString();
}
