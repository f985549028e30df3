import type { ServerHttp2Stream } from 'node:http2';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Connections } from '../connections/connections.js';
import { endFaulty } from '../call/fault-isolation.js';
import { encodeFrame } from './frame.js';
import type { Handler } from '../call/handler.js';
import { unreadResponses } from '../call/status-error.js';
import { sendOkStatus, http2StreamOf } from './http2-stream.js';
import { responseHeaders, requestIdFrom } from '../call/request-id.js';

/** Serves a unary call. Nest would copy the call and wrap its response in Observables first. */
export async function serveUnaryCall(
  handler: Handler,
  call: ServerUnaryCall<unknown, unknown>,
  callback: sendUnaryData<unknown>,
  serialize: (message: unknown) => Buffer,
  connections: Pick<Connections, 'holdAnswer'>,
): Promise<void> {
  const stream = http2StreamOf(call);
  try {
    await serve(handler, call, callback, serialize, connections);
  } catch (error) {
    endFaulty(stream, error);
  }
}

async function serve(
  handler: Handler,
  call: ServerUnaryCall<unknown, unknown>,
  callback: sendUnaryData<unknown>,
  serialize: (message: unknown) => Buffer,
  connections: Pick<Connections, 'holdAnswer'>,
): Promise<void> {
  const result = await handler(call.request, call.metadata, call);
  if (isObservable(result)) {
    const ended = await lastValueFrom(result).then(
      (response) => ({ response }),
      (failure: object) => ({ failure }),
    );
    if ('response' in ended) return callback(null, ended.response);
    // Otherwise grpc-js would send only the status, without headers.
    if (requestIdFrom(call.metadata)) call.sendMetadata(responseHeaders(call.metadata));
    return callback(ended.failure);
  }
  let message: Buffer;
  try {
    message = serialize(result);
  } catch {
    // grpc-js fails with the same error, and reports it to the client.
    callback(null, result);
    return;
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
  call.sendMetadata(responseHeaders(call.metadata));
  stream.write(encodeFrame(message));
  sendOkStatus(call);
}
