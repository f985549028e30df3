import type { ServerHttp2Stream } from 'node:http2';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { isObservable, of } from 'rxjs';
import { CallStream } from './grpc-server-stream.js';
import { endFaulty } from '../call/fault-isolation.js';
import { enforceDeadline } from '../call/deadline.js';
import type { Handler } from '../call/handler.js';
import { detachStream, sendHeaders } from './http2-stream.js';
import { requestIdFrom } from '../call/request-id.js';
import { ResponseWriter } from './response-writer.js';

/**
 * Writes the values of an Observable to a streaming call, and unsubscribes when the client disconnects. Sends the
 * headers at once, so that the client knows that the call was accepted.
 *
 * It does not queue messages, as Nest would do without limit for a client that does not read: every source checks
 * `isReady` of the stream before it emits. Nest keeps the arguments of the handler while the stream is open, so the
 * handler receives the stream and not the call.
 */
export async function serveStreamingCall(
  handler: Handler,
  call: ServerWritableStream<unknown, unknown>,
  serialize: (message: unknown) => Buffer,
): Promise<void> {
  const stream = detachStream(call);
  try {
    await serve(handler, call, serialize, stream);
  } catch (error) {
    endFaulty(stream, error);
  }
}

async function serve(
  handler: Handler,
  call: ServerWritableStream<unknown, unknown>,
  serialize: (message: unknown) => Buffer,
  stream: ServerHttp2Stream,
): Promise<void> {
  const result = await handler(call.request, call.metadata, new CallStream(stream));
  // Nest also keeps the metadata while the stream is open, and the token is the largest part of it.
  call.metadata.remove('authorization');
  // The client has disconnected, or the RPC deadline passed before the request was complete.
  if (!stream.writable) return;
  sendHeaders(call, requestIdFrom(call.metadata));
  const writer = new ResponseWriter(stream, serialize);
  const subscription = (isObservable(result) ? result : of(result)).subscribe(writer);
  if (subscription.closed) return;
  stream.on('close', () => subscription.unsubscribe());
  enforceDeadline(Number(call.getDeadline()) - Date.now(), subscription, writer);
}
