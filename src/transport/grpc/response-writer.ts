import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { ResponseObserver } from '../call/response-observer.js';
import { REQUEST_ID } from '../call/request-id.js';
import type { FailedStatus } from '../call/status-error.js';
import { encodedMessage } from '../call/status-message.js';
import { cachedFrame, encodeFrame } from './frame.js';

/** The time in milliseconds that a client has to read the status of its stream before the stream is reset. */
export const RESET_AFTER_MS = 1000;

/**
 * The headers and trailers of a successful call: only those that gRPC requires, because each further one costs both sides
 * time. Without `grpc-encoding` the messages are not compressed.
 */
const HEADERS = {
  ':status': constants.HTTP_STATUS_OK,
  'content-type': 'application/grpc+proto',
};
const OK_TRAILERS = { 'grpc-status': status.OK };

/** Node adds the header `date`, which no client of gRPC reads, unless `sendDate` is false. */
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false };
const ENDED = { endStream: true, sendDate: false };

/**
 * Writes the headers, the messages and the status of a call to its stream. Objects without state are shared by all calls,
 * where grpc-js makes copies for each of them.
 */
export class ResponseWriter extends ResponseObserver<unknown> {
  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly serialize: (message: unknown) => Buffer,
  ) {
    super();
  }

  /** Sends the headers, so that the client knows that the call was accepted. Undefined: the call has no request id. */
  begin(requestId: string | undefined): void {
    this.stream.respond(headersWith(requestId), WITH_TRAILERS);
  }

  /** Sends the headers, the only message and status OK together. */
  finishWith(message: Buffer, requestId: string | undefined): void {
    this.begin(requestId);
    this.stream.on('wantTrailers', sendOkTrailers);
    this.stream.end(encodeFrame(message));
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
    if (!stream.headersSent) return stream.respond({ ...HEADERS, ...trailers }, ENDED);
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

function headersWith(requestId: string | undefined): OutgoingHttpHeaders {
  return requestId === undefined ? HEADERS : { ...HEADERS, [REQUEST_ID]: requestId };
}

function sendOkTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(OK_TRAILERS);
}

function trailersOf(failure: FailedStatus | undefined): OutgoingHttpHeaders {
  if (failure === undefined) return OK_TRAILERS;
  const { code = status.UNKNOWN, message, metadata } = failure;
  return {
    'grpc-status': code,
    'grpc-message': encodedMessage(message),
    ...metadata?.toHttp2Headers(),
  };
}
