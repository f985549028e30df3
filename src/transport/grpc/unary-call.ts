import type { ServerHttp2Stream } from 'node:http2';
import { Metadata, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import type { Connections } from '../connections/connections.js';
import { encodeFrame } from './frame.js';
import type { Handler } from '../call/handler.js';
import { unreadResponses } from '../call/status-error.js';
import { http2StreamOf, sendOkStatus } from './http2-stream.js';
import { responseHeaders, requestIdFrom } from '../call/request-id.js';

/** Serves a unary call. The bytes of the response are counted until the client has read them. */
export async function serveUnaryCall(
  handler: Handler,
  call: ServerUnaryCall<unknown, unknown>,
  callback: sendUnaryData<unknown>,
  serialize: (message: unknown) => Buffer,
  connections: Pick<Connections, 'holdAnswer'>,
): Promise<void> {
  const result = await handler(call.request, call.metadata, call);
  const ended = isObservable(result) ? await endOf(result) : { response: result };
  // grpc-js would send a failure without headers.
  if (requestIdFrom(call.metadata)) call.sendMetadata(responseHeaders(call.metadata));
  if ('failure' in ended) return callback(ended.failure);
  let message: Buffer;
  try {
    message = serialize(ended.response);
  } catch {
    // grpc-js fails with the same error, and reports it to the client.
    return callback(null, ended.response);
  }
  // The client has disconnected, or the RPC deadline has passed.
  const stream = http2StreamOf(call);
  if (!stream.writable) return;
  if (connections.holdAnswer(stream, message.length)) answer(call, stream, message);
  else callback(unreadResponses().status);
}

/**
 * Sends headers, message and status together. grpc-js would wait until the message is sent before it sends the status,
 * which costs another iteration of the event loop and another packet.
 */
function answer(
  call: ServerUnaryCall<unknown, unknown>,
  stream: ServerHttp2Stream,
  message: Buffer,
): void {
  if (!stream.headersSent) call.sendMetadata(new Metadata());
  stream.write(encodeFrame(message));
  sendOkStatus(call);
}

function endOf(
  result: Observable<unknown>,
): Promise<{ readonly response: unknown } | { readonly failure: object }> {
  return lastValueFrom(result).then(
    (response) => ({ response }),
    (failure: object) => ({ failure }),
  );
}
