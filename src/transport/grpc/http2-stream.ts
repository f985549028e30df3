import type { ServerHttp2Stream } from 'node:http2';

interface InterceptingCall {
  readonly stream?: ServerHttp2Stream;
  readonly nextCall?: InterceptingCall;
}

/**
 * Returns the HTTP/2 stream of a call that grpc-js serves. It is private in grpc-js, below one layer for each interceptor.
 * Only this file knows where it is.
 */
export function http2StreamOf(call: object): ServerHttp2Stream {
  let layer = (call as { readonly call?: InterceptingCall }).call;
  while (layer !== undefined && layer.stream === undefined) layer = layer.nextCall;
  if (layer?.stream === undefined)
    throw new Error('this version of grpc-js does not have the expected internals');
  return layer.stream;
}
