import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import type { Connections } from '../connections/connections.js';
import { endFaulty } from '../call/fault-isolation.js';
import type { Handler } from '../call/handler.js';
import { unreadResponses } from '../call/status-error.js';
import { http2StreamOf, sendResponse } from './http2-stream.js';
import { responseHeaders, requestIdFrom } from '../call/request-id.js';

/**
 * Serves a unary call. The bytes of the response are counted until the client has read them. An exception ends only this
 * call; the returned promise is never rejected.
 */
export async function serveUnaryCall(
  handler: Handler,
  call: ServerUnaryCall<unknown, unknown>,
  callback: sendUnaryData<unknown>,
  serialize: (message: unknown) => Buffer,
  connections: Pick<Connections, 'countResponse'>,
): Promise<void> {
  try {
    const result = await handler(call.request, call.metadata, call);
    if (!isObservable(result)) return respond(call, callback, result, serialize, connections);
    const ended = await endOf(result);
    if ('failure' in ended) sendFailure(call, callback, ended.failure);
    else respond(call, callback, ended.response, serialize, connections);
  } catch (error) {
    endFaulty(http2StreamOf(call), error);
  }
}

function respond(
  call: ServerUnaryCall<unknown, unknown>,
  callback: sendUnaryData<unknown>,
  response: unknown,
  serialize: (message: unknown) => Buffer,
  connections: Pick<Connections, 'countResponse'>,
): void {
  const requestId = requestIdFrom(call.metadata);
  let message: Buffer;
  try {
    message = serialize(response);
  } catch {
    if (requestId !== undefined) call.sendMetadata(responseHeaders(call.metadata));
    // grpc-js fails with the same error, and reports it to the client.
    return callback(null, response);
  }
  // The client has disconnected, or the RPC deadline has passed.
  const stream = http2StreamOf(call);
  if (!stream.writable) return;
  if (connections.countResponse(stream, message.length)) sendResponse(call, message, requestId);
  else sendFailure(call, callback, unreadResponses().status);
}

function sendFailure(
  call: ServerUnaryCall<unknown, unknown>,
  callback: sendUnaryData<unknown>,
  failure: object,
): void {
  // grpc-js would send a failure without headers.
  if (requestIdFrom(call.metadata)) call.sendMetadata(responseHeaders(call.metadata));
  callback(failure);
}

function endOf(
  result: Observable<unknown>,
): Promise<{ readonly response: unknown } | { readonly failure: object }> {
  return lastValueFrom(result).then(
    (response) => ({ response }),
    (failure: object) => ({ failure }),
  );
}
