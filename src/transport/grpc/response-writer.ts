import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { ResponseObserver } from '../call/response-observer.js';
import type { FailedStatus } from '../call/status-error.js';
import { cachedFrame } from './frame.js';
import { encodedMessage } from '../call/status-message.js';

/** The time in milliseconds that a client has to read the status of its stream before the stream is reset. */
export const RESET_AFTER_MS = 1000;

/**
 * Writes messages and the status to the stream of a call. grpc-js would copy every message for every client, and hold
 * about 4 KB for each open call.
 */
export class ResponseWriter extends ResponseObserver<unknown> {
  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly serialize: (message: unknown) => Buffer,
  ) {
    super();
  }

  protected write(message: unknown): void {
    if (this.stream.writable) this.stream.write(cachedFrame(this.serialize(message)));
  }

  /**
   * Ends the stream after the data that was written. If the client does not read, the status waits behind that data, so
   * the stream is reset after `RESET_AFTER_MS`. The client receives the reset as RESOURCE_EXHAUSTED.
   */
  protected end(failure: FailedStatus | undefined): void {
    const { stream } = this;
    if (!stream.writable) return;
    // This must come before the stream ends: an exception here can still be reported as another status.
    const trailers = trailersOf(failure);
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end();
    const resetStream = (): void => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const timer = setTimeout(resetStream, RESET_AFTER_MS);
    stream.once('close', () => clearTimeout(timer));
  }

  protected resetStream(): void {
    this.stream.destroy();
  }
}

function trailersOf(failure: FailedStatus | undefined): OutgoingHttpHeaders {
  if (failure === undefined) return { 'grpc-status': status.OK, 'grpc-message': 'OK' };
  const { code = status.UNKNOWN, message, metadata } = failure;
  return {
    'grpc-status': code,
    'grpc-message': encodedMessage(message),
    ...metadata?.toHttp2Headers(),
  };
}
