import type { ConnectError } from '@connectrpc/connect';
import { ResponseObserver, type FailedStatus } from '../call/response-observer.js';
import { cachedFrame } from '../grpc/frame.js';
import { CUT_OFF_AFTER_MS } from '../grpc/response-writer.js';
import { connectErrorOf } from './connect-error.js';
import { envelopeOf } from './envelope.js';
import type { ResponseStream } from './response-stream.js';

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
    this.stream.destroyAfter(CUT_OFF_AFTER_MS);
  }

  protected cutOff(): void {
    this.stream.response.destroy();
  }
}
