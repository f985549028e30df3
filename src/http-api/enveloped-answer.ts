import type { ConnectError } from '@connectrpc/connect';
import { sharedFrameOf } from '../grpc/frame.js';
import { CUT_OFF_AFTER_MS, type FailedStatus } from '../grpc/response-writer.js';
import { connectErrorOf } from './connect-error.js';
import { envelopeOf } from './envelope.js';
import type { Answer } from './protocol.js';
import type { ResponseStream } from './response-stream.js';

/** Any number of messages and how it ended, in a body of envelopes. Theirs are the frames of gRPC, shared with it. */
export class EnvelopedAnswer implements Answer {
  constructor(
    private readonly stream: ResponseStream,
    contentType: string,
    private readonly endFlag: number,
    private readonly ending: (error: ConnectError | undefined) => Buffer,
  ) {
    const { response } = stream;
    response.setHeader('content-type', contentType);
    // nginx would hold back a stream until it has some kilobytes of it.
    response.setHeader('x-accel-buffering', 'no');
  }

  next(message: Buffer): void {
    if (this.stream.isOpen) this.stream.response.write(sharedFrameOf(message));
  }

  error(failure: FailedStatus): void {
    this.end(connectErrorOf(failure));
  }

  complete(): void {
    this.end(undefined);
  }

  private end(error: ConnectError | undefined): void {
    if (!this.stream.isOpen) return;
    this.stream.response.end(envelopeOf(this.endFlag, this.ending(error)));
    this.stream.cutOffUnlessClosed(CUT_OFF_AFTER_MS);
  }
}
