import type { ServerHttp2Stream } from 'node:http2';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { isObservable, of } from 'rxjs';
import { CallStream } from './grpc-server-stream.js';
import { endFaulty } from '../call/fault-isolation.js';
import { enforceDeadline } from '../call/deadline.js';
import type { Handler } from '../call/handler.js';
import { detachStream } from './http2-stream.js';
import { responseHeaders } from '../call/request-id.js';
import { ResponseWriter } from './response-writer.js';

/**
 * Writes what an Observable emits to a streaming call, and unsubscribes when the client goes. The headers go out at
 * once, so that the client knows that it is heard. It queues nothing, as Nest would without bound for a client that
 * does not read: every source here asks the stream whether it is ready before it emits. Nest keeps what it passed to
 * the handler while the stream lasts, and so is given the stream rather than the call.
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
  // Nest keeps the metadata too, of which the token is most.
  call.metadata.remove('authorization');
  // Gone, or its deadline had passed before its request was whole.
  if (!stream.writable) return;
  call.sendMetadata(responseHeaders(call.metadata));
  const writer = new ResponseWriter(stream, serialize);
  const subscription = (isObservable(result) ? result : of(result)).subscribe(writer);
  if (subscription.closed) return;
  stream.on('close', () => subscription.unsubscribe());
  enforceDeadline(Number(call.getDeadline()) - Date.now(), subscription, writer);
}
