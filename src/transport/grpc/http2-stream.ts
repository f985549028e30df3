import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { REQUEST_ID } from '../call/request-id.js';
import { encodeFrame } from './frame.js';

/**
 * The events for which grpc-js has listeners. `detachStream` removes all listeners of these events, so other components
 * must add theirs again.
 */
const EVENTS = ['data', 'end', 'close', 'error'];

interface InterceptingCall {
  readonly stream?: ServerHttp2Stream;
  readonly deadlineTimer?: NodeJS.Timeout | null;
  readonly nextCall?: InterceptingCall;
  /** Whether grpc-js has sent the headers, and whether it has ended the response. It sends neither of them twice. */
  metadataSent?: boolean;
  wantTrailers?: boolean;
}

/** The headers and trailers of a successful call, as grpc-js sends them. */
const RESPONSE_HEADERS = {
  ':status': constants.HTTP_STATUS_OK,
  'content-type': 'application/grpc+proto',
  'grpc-accept-encoding': 'identity,deflate,gzip',
  'grpc-encoding': 'identity',
};
const OK_TRAILERS = { 'grpc-status': status.OK, 'grpc-message': 'OK' };
const WITH_TRAILERS = { waitForTrailers: true };

/**
 * Returns the HTTP/2 stream of a call. It is private in grpc-js, below one layer for each interceptor. Only this file
 * knows where it is.
 */
export function http2StreamOf(call: object): ServerHttp2Stream {
  return innermostCall(call).stream!;
}

/**
 * Sends headers, message and status OK of a unary call together. grpc-js would wait until the message is sent before it
 * sends the status, which costs another iteration of the event loop and another packet.
 */
export function sendResponse(call: object, message: Buffer, requestId: string | undefined): void {
  const layer = innermostCall(call);
  const stream = layer.stream!;
  // The RPC deadline may still pass while the client reads the response. grpc-js must not send another status then.
  layer.metadataSent = layer.wantTrailers = true;
  stream.respond(headersWith(requestId), WITH_TRAILERS);
  stream.on('wantTrailers', sendOkTrailers);
  stream.end(encodeFrame(message));
}

/** Sends the headers of a stream, without the copies that grpc-js makes of them for each call. */
export function sendHeaders(call: object, requestId: string | undefined): void {
  const layer = innermostCall(call);
  layer.metadataSent = true;
  layer.stream!.respond(headersWith(requestId), WITH_TRAILERS);
}

function headersWith(requestId: string | undefined): OutgoingHttpHeaders {
  return requestId === undefined
    ? RESPONSE_HEADERS
    : { ...RESPONSE_HEADERS, [REQUEST_ID]: requestId };
}

function sendOkTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(OK_TRAILERS);
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
