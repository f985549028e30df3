import { EventEmitter } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { Logger } from '@nestjs/common';
import { http2StreamOf } from '../grpc/http2-stream.js';
import { describeError } from '../../text/safe-text.js';
import { transportError } from './status-error.js';

const logger = new Logger('Calls');

/** The status that a client receives when the server fails. The exception itself is only logged. */
export const INTERNAL_FAULT = transportError('INTERNAL_ERROR', 'internal error').status;

/** Logs an exception that ended a call. To be called once per exception. */
export function logFault(error: unknown): void {
  logger.error(`An internal error ended a call: ${describeError(error)}`);
}

/** The streams that already failed. Errors that follow from the first one are ignored. */
const faulty = new WeakSet<ServerHttp2Stream>();

/** Ends a failed gRPC call with INTERNAL. Other calls are not affected. */
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
  ...INTERNAL_FAULT.metadata.toHttp2Headers(),
};

type Emit = (this: EventEmitter, ...args: Parameters<EventEmitter['emit']>) => boolean;

/**
 * Returns an `emit` for streams and requests whose listeners may throw. Without it, Node treats such an exception as an
 * uncaught exception of the process. This one passes it to `onFault` together with the emitter.
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

/** Makes an exception in a listener end only the stream of this gRPC call. */
export function containStream(stream: ServerHttp2Stream): void {
  stream.emit = emitOfStream;
}

const emitOfCall = containedEmit((call, error) => endFaulty(http2StreamOf(call), error));

type ServeCall = (call: EventEmitter, ...rest: unknown[]) => unknown;

/**
 * Wraps a handler of grpc-js so that an exception in it, in its promise or in a listener of its call ends only that
 * call.
 */
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
