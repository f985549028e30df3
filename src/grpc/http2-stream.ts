import type { ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';

interface InterceptingCall {
  readonly stream?: ServerHttp2Stream;
  readonly nextCall?: InterceptingCall;
  sendStatus(status: { readonly code: status; readonly details: string }): void;
}

/**
 * The HTTP/2 stream under a call. grpc-js keeps it to itself, one layer down for each of its interceptors; this is the
 * one place that knows where.
 */
export function http2StreamOf(call: object): ServerHttp2Stream {
  let layer: InterceptingCall | undefined = under(call);
  while (layer !== undefined && layer.stream === undefined) layer = layer.nextCall;
  if (layer?.stream === undefined) throw new Error('grpc-js keeps its streams somewhere else now');
  return layer.stream;
}

/** Ends a unary call well, behind what has been written to its stream. grpc-js offers it only with a message. */
export function endWell(call: object): void {
  under(call)?.sendStatus({ code: status.OK, details: 'OK' });
}

function under(call: object): InterceptingCall | undefined {
  return (call as { readonly call?: InterceptingCall }).call;
}
