import { Metadata, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { isObservable } from 'rxjs';
import { frameOf } from './frame.js';
import type { Handler } from './handler.js';
import { endWell, http2StreamOf } from './http2-stream.js';

/** Answers a unary call. Nest would copy the call and wrap its answer in Observables first. */
export async function serveUnaryCall(
  handler: Handler,
  call: ServerUnaryCall<unknown, unknown>,
  callback: sendUnaryData<unknown>,
  serialize: (message: unknown) => Buffer,
): Promise<void> {
  const result = await handler(call.request, call.metadata, call);
  if (isObservable(result)) {
    result.subscribe({
      next: (response) => callback(null, response),
      error: (error: object) => callback(error),
    });
    return;
  }
  let message: Buffer;
  try {
    message = serialize(result);
  } catch {
    // grpc-js meets the same error, and tells the client in its own words.
    callback(null, result);
    return;
  }
  answer(call, message);
}

/**
 * Sends headers, message and status at once. grpc-js would wait until the message is on its way before it sends the
 * status, which costs another turn of the event loop and another packet.
 */
function answer(call: ServerUnaryCall<unknown, unknown>, message: Buffer): void {
  const stream = http2StreamOf(call);
  // The client has gone or its deadline has passed.
  if (!stream.writable) return;
  call.sendMetadata(new Metadata());
  stream.write(frameOf(message));
  endWell(call);
}
