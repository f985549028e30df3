import { EventEmitter } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { Logger } from '@nestjs/common';
import { http2StreamOf } from '../grpc/http2-stream.js';
import { describeError } from '../../text/safe-text.js';

const logger = new Logger('Calls');

/** What a client is told of a fault. What threw is for the log. */
export const INTERNAL_FAULT = { code: status.INTERNAL, message: 'internal error' } as const;

/** Logs a fault that ended a call. To be called once for each. */
export function logFault(error: unknown): void {
  logger.error(`A call was ended by a fault of the server: ${describeError(error)}`);
}

/** Those in which something threw already. What follows from that is not told again. */
const faulty = new WeakSet<ServerHttp2Stream>();

/** Ends a call of gRPC in which something threw: with INTERNAL, and without harm to any other call. */
export function endFaulty(stream: ServerHttp2Stream, error: unknown): void {
  if (faulty.has(stream)) return;
  faulty.add(stream);
  logFault(error);
  if (stream.destroyed || stream.closed) return;
  try {
    if (stream.headersSent) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else stream.respond(INTERNAL_RESPONSE, { endStream: true });
  } catch {
    stream.destroy();
  }
}

const INTERNAL_RESPONSE = {
  ':status': constants.HTTP_STATUS_OK,
  'content-type': 'application/grpc+proto',
  'grpc-status': INTERNAL_FAULT.code,
  'grpc-message': INTERNAL_FAULT.message,
};

type Emit = (this: EventEmitter, ...args: Parameters<EventEmitter['emit']>) => boolean;

/**
 * An `emit` for streams and requests whose listeners may throw. By itself Node takes that for an error of the process;
 * here it is handed to `onFault` together with the emitter.
 */
export function containedEmit<Emitter extends EventEmitter>(
  onFault: (emitter: Emitter, error: unknown) => void,
): Emit {
  return function (this: EventEmitter, ...args): boolean {
    try {
      return EventEmitter.prototype.emit.apply(this, args);
    } catch (error) {
      onFault(this as Emitter, error);
      return true;
    }
  };
}

const emitOfStream = containedEmit(endFaulty);

/** Makes a listener that throws end the stream of this call of gRPC and nothing else. */
export function containStream(stream: ServerHttp2Stream): void {
  stream.emit = emitOfStream;
}

const emitOfCall = containedEmit((call, error) => endFaulty(http2StreamOf(call), error));

type ServeCall = (call: EventEmitter, ...rest: unknown[]) => unknown;

/** A handler as grpc-js calls it, with whatever it throws, now or later, or its listeners do. */
export function containedHandler(handler: ServeCall): ServeCall {
  return (call, ...rest) => {
    const stream = http2StreamOf(call);
    call.emit = emitOfCall;
    try {
      const served = handler(call, ...rest);
      if (served instanceof Promise) served.catch((error: unknown) => endFaulty(stream, error));
    } catch (error) {
      endFaulty(stream, error);
    }
  };
}
