import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { ResponseObserver, type FailedStatus } from '../call/response-observer.js';
import { cachedFrame } from './frame.js';
import { encodedMessage } from '../call/status-message.js';

/** How long a client that has stopped reading is given to take the status of its stream. */
export const CUT_OFF_AFTER_MS = 1000;

/**
 * Writes messages and the status to the stream of a call. grpc-js would copy every message for every client, and hold
 * some four kilobytes for each call that is open.
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
   * Ends the stream behind what has been written. A status cannot overtake the data that a stuck reader does not take;
   * a reset does, and reaches the client as RESOURCE_EXHAUSTED.
   */
  protected end(failure: FailedStatus | undefined): void {
    const { stream } = this;
    if (!stream.writable) return;
    // Before anything is ended: what throws here can still become another status.
    const trailers = trailersOf(failure);
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end();
    const cutOff = (): void => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const timer = setTimeout(cutOff, CUT_OFF_AFTER_MS);
    stream.once('close', () => clearTimeout(timer));
  }

  protected cutOff(): void {
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
