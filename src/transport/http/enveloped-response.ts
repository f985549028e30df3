import type { ConnectError } from '@connectrpc/connect';
import { ResponseObserver } from '../call/response-observer.js';
import type { FailedStatus } from '../call/status-error.js';
import { cachedFrame } from '../grpc/frame.js';
import { RESET_AFTER_MS } from '../grpc/response-writer.js';
import { connectErrorOf } from './connect-error.js';
import type { ResponseStream } from './response-stream.js';

/** One byte for flags and four bytes for the length. */
const PREFIX_BYTES = 5;

/**
 * Returns the message in the envelope of a request. Undefined if there is not exactly one message, or if it is
 * compressed.
 */
export function messageInEnvelope(body: Buffer): Buffer | undefined {
  if (body.length < PREFIX_BYTES || body[0] !== 0) return undefined;
  const message = body.subarray(PREFIX_BYTES);
  return body.readUInt32BE(1) === message.length ? message : undefined;
}

/** Encodes the last envelope of a response, which holds the final status and not a message. */
function envelopeOf(flag: number, content: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix[0] = flag;
  prefix.writeUInt32BE(content.length, 1);
  return Buffer.concat([prefix, content]);
}

/**
 * A response body of messages in envelopes, followed by an envelope with the final status. The envelope of a message
 * equals its gRPC frame, so both share the cached frames.
 */
export class EnvelopedResponse extends ResponseObserver<Buffer> {
  constructor(
    private readonly stream: ResponseStream,
    contentType: string,
    private readonly endFlag: number,
    private readonly ending: (error: ConnectError | undefined) => Buffer,
  ) {
    super();
    const { response } = stream;
    response.setHeader('content-type', contentType);
    // A proxy that compresses would buffer some kilobytes of messages before it sends them.
    response.setHeader('cache-control', 'no-transform');
    // nginx buffers even if it does not compress.
    response.setHeader('x-accel-buffering', 'no');
  }

  protected write(message: Buffer): void {
    if (this.stream.isOpen) this.stream.response.write(cachedFrame(message));
  }

  protected end(failure: FailedStatus | undefined): void {
    if (!this.stream.isOpen) return;
    const ending = this.ending(failure && connectErrorOf(failure));
    this.stream.response.end(envelopeOf(this.endFlag, ending));
    this.stream.destroyAfter(RESET_AFTER_MS);
  }

  protected resetStream(): void {
    this.stream.response.destroy();
  }
}
