import type { ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';

/**
 * The events for which grpc-js has listeners. `detachStream` removes all listeners of these events, so other components
 * must add theirs again.
 */
const EVENTS = ['data', 'end', 'close', 'error'];

interface InterceptingCall {
  readonly stream?: ServerHttp2Stream;
  readonly deadlineTimer?: NodeJS.Timeout | null;
  readonly nextCall?: InterceptingCall;
  sendStatus(status: { readonly code: status; readonly details: string }): void;
}

/**
 * Returns the HTTP/2 stream of a call. It is private in grpc-js, below one layer for each interceptor. Only this file
 * knows where it is.
 */
export function http2StreamOf(call: object): ServerHttp2Stream {
  return innermostCall(call).stream!;
}

/**
 * Ends a unary call with OK after the data that was written to its stream. grpc-js can do this only together with a
 * message.
 */
export function sendOkStatus(call: object): void {
  serverCallOf(call)?.sendStatus({ code: status.OK, details: 'OK' });
}

/**
 * Detaches the HTTP/2 stream of a call from grpc-js, which then releases the call. From then on the owner of the stream
 * sends the response and enforces the RPC deadline. Must not be called before the request is complete.
 */
export function detachStream(call: object): ServerHttp2Stream {
  const { stream, deadlineTimer } = innermostCall(call);
  clearTimeout(deadlineTimer ?? undefined);
  for (const event of EVENTS) stream!.removeAllListeners(event);
  stream!.on('error', ignore);
  return stream!;
}

function innermostCall(call: object): InterceptingCall {
  let layer = serverCallOf(call);
  while (layer !== undefined && layer.stream === undefined) layer = layer.nextCall;
  if (layer === undefined)
    throw new Error('this version of grpc-js does not have the expected internals');
  return layer;
}

function serverCallOf(call: object): InterceptingCall | undefined {
  return (call as { readonly call?: InterceptingCall }).call;
}

/** An error of a stream also closes it, and `close` has a listener. */
function ignore(): void {}
