import type { ServerHttp2Stream } from 'node:http2';

interface InterceptingCall {
  readonly stream?: ServerHttp2Stream;
  readonly nextCall?: InterceptingCall;
}

/**
 * The HTTP/2 stream under a call. grpc-js keeps it to itself, one layer down for each of its interceptors; this is the
 * one place that knows where.
 */
export function http2StreamOf(call: object): ServerHttp2Stream {
  let layer = (call as { readonly call?: InterceptingCall }).call;
  while (layer !== undefined && layer.stream === undefined) layer = layer.nextCall;
  if (layer?.stream === undefined) throw new Error('grpc-js keeps its streams somewhere else now');
  return layer.stream;
}
