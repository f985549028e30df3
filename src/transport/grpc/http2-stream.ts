import type { ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';

/** What grpc-js listens for. Whoever else does so before a stream is taken over has to begin again. */
const EVENTS = ['data', 'end', 'close', 'error'];

interface InterceptingCall {
  readonly stream?: ServerHttp2Stream;
  readonly deadlineTimer?: NodeJS.Timeout | null;
  readonly nextCall?: InterceptingCall;
  sendStatus(status: { readonly code: status; readonly details: string }): void;
}

/**
 * The HTTP/2 stream under a call. grpc-js keeps it to itself, one layer down for each of its interceptors; this is the
 * one file that knows where.
 */
export function http2StreamOf(call: object): ServerHttp2Stream {
  return innermostCall(call).stream!;
}

/** Ends a unary call well, behind what has been written to its stream. grpc-js offers it only with a message. */
export function sendOkStatus(call: object): void {
  serverCallOf(call)?.sendStatus({ code: status.OK, details: 'OK' });
}

/**
 * Takes the HTTP/2 stream under a call away from grpc-js, which lets go of the call: from then on whoever has the
 * stream answers, and looks after the deadline. Not before the whole request is there.
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
  if (layer === undefined) throw new Error('grpc-js keeps its streams somewhere else now');
  return layer;
}

function serverCallOf(call: object): InterceptingCall | undefined {
  return (call as { readonly call?: InterceptingCall }).call;
}

/** Every error of a stream closes it as well, and that is listened for. */
function ignore(): void {}
