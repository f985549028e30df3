import {
  Metadata,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { isObservable, of, type Observable } from 'rxjs';
import { frameOf, sharedFrameOf } from './frame.js';
import { endWell, http2StreamOf } from './http2-stream.js';

/** A method of a controller as Nest hands it to a transport: guards, pipes and the error filter are in it. */
export type Handler = (
  request: unknown,
  metadata: unknown,
  call: unknown,
) => Promise<Observable<unknown> | object>;

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

/**
 * Writes what an Observable emits to a streaming call, and unsubscribes when the client goes. The headers go out at
 * once, so that the client knows that it is heard. It queues nothing, as Nest would without bound for a client that
 * does not read: every source here asks the call whether it is ready before it emits. Nothing of the set-up is kept
 * while the stream lasts.
 */
export async function serveStreamingCall(
  handler: Handler,
  call: ServerWritableStream<unknown, unknown>,
  serialize: (message: unknown) => Buffer,
): Promise<void> {
  const result = await handler(call.request, call.metadata, call);
  // Its `cancelled` has been emitted before anyone listened, and nothing has begun yet.
  if (call.cancelled) return;
  call.sendMetadata(new Metadata());
  pipe(isObservable(result) ? result : of(result), call, serialize);
}

/**
 * Messages go past grpc-js straight to the stream: it would copy every one for every client. Headers and status stay
 * with grpc-js, which ends the stream behind what has been written.
 */
function pipe(
  source: Observable<unknown>,
  call: ServerWritableStream<unknown, unknown>,
  serialize: (message: unknown) => Buffer,
): void {
  const stream = http2StreamOf(call);
  const subscription = source.subscribe({
    next: (message) => {
      if (stream.writable) stream.write(sharedFrameOf(serialize(message)));
    },
    error: (error: Error) => call.emit('error', error),
    complete: () => call.end(),
  });
  if (!subscription.closed) call.once('cancelled', () => subscription.unsubscribe());
}
