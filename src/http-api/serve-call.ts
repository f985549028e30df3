import type { IncomingMessage, ServerResponse } from 'node:http';
import { Metadata, status } from '@grpc/grpc-js';
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
import { Malformed } from '../grpc/codecs.js';
import { endAfter } from '../grpc/deadline.js';
import { ErrorFilter } from '../grpc/error.filter.js';
import type { ServedMethod } from '../grpc/handler.js';
import { statusError } from '../grpc/status-error.js';
import { MAX_REQUEST_BYTES } from '../grpc/transport.js';
import type { Format } from './format.js';
import { jsonCodec } from './json-codec.js';
import { protoCodec, type MessageCodec } from './message-codec.js';
import { bodyOf } from './request-body.js';
import { ResponseStream } from './response-stream.js';

const errors = new ErrorFilter();

/** A call that came over HTTP. */
interface HttpCall {
  readonly method: ServedMethod;
  readonly format: Format;
  readonly codec: MessageCodec;
  readonly request: IncomingMessage;
  readonly stream: ResponseStream;
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
): void {
  const { protocol, encoding } = format;
  const codec = (encoding === 'json' ? jsonCodec : protoCodec)(method.definition);
  const stream = new ResponseStream(response);
  const answer = protocol.answer(stream, protocol.contentTypes[encoding]);
  const timeout = protocol.parseTimeout(
    headerOf(request, protocol.timeoutHeader) ?? null,
    Infinity,
  );
  const messages = timeout.error
    ? throwError(() => statusError(status.INVALID_ARGUMENT, timeout.error!.rawMessage))
    : defer(() => ask({ method, format, codec, request, stream })).pipe(
        tap(() => method.definition.responseStream && response.flushHeaders()),
        concatAll(),
        map((message) => codec.answer(message)),
      );
  const subscription = messages.pipe(catchError(failureOf)).subscribe(answer);
  if (subscription.closed) return;
  response.on('close', () => subscription.unsubscribe());
  if (timeout.timeoutMs !== undefined) endAfter(timeout.timeoutMs, subscription, answer);
}

async function ask({
  method: { handler, definition },
  format: { protocol },
  codec,
  request,
  stream,
}: HttpCall): Promise<Observable<unknown>> {
  const compression = headerOf(request, protocol.compressionHeader) ?? 'identity';
  if (compression !== 'identity') {
    throw statusError(status.UNIMPLEMENTED, 'requests have to come uncompressed');
  }
  const message = protocol.messageIn(await bodyOf(request, MAX_REQUEST_BYTES));
  // Node would not tell when it closes, since it is not yet its turn.
  if (definition.responseStream && stream.isBehindAnother) {
    throw statusError(status.FAILED_PRECONDITION, 'a stream needs a connection of its own');
  }
  const decoded = message === undefined ? new Malformed() : codec.request(message);
  const result = await handler(decoded, metadataOf(request), stream);
  return isObservable(result) ? result : of(result);
}

/** What the handler refuses is a status already. */
function failureOf(error: unknown): Observable<never> {
  return error instanceof Error ? errors.catch(error) : throwError(() => error);
}

/** What the guard looks at. */
function metadataOf(request: IncomingMessage): Metadata {
  const metadata = new Metadata();
  for (const value of request.headersDistinct['authorization'] ?? []) {
    metadata.add('authorization', value);
  }
  return metadata;
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  return headers[name.toLowerCase()]?.toString();
}
