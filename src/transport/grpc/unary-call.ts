import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import type { Connections } from '../connections/connections.js';
import { endFaulty } from '../call/fault-isolation.js';
import type { Handler } from '../call/handler.js';
import { unreadResponses } from '../call/status-error.js';
import { http2StreamOf } from './http2-stream.js';
import { responseHeaders, requestIdFrom } from '../call/request-id.js';

/**
 * Serves a unary call: a handler of Nest responds through the callback of grpc-js. The bytes of the response are counted
 * until the client has read them.
 */
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
  if (connections.holdAnswer(stream, message.length)) callback(null, message);
  else callback(unreadResponses().status);
}

function endOf(
  result: Observable<unknown>,
): Promise<{ readonly response: unknown } | { readonly failure: object }> {
  return lastValueFrom(result).then(
    (response) => ({ response }),
    (failure: object) => ({ failure }),
  );
}
