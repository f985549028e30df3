import type { ServerHttp2Stream } from 'node:http2';
import { Metadata, status } from '@grpc/grpc-js';
import type { Observer } from 'rxjs';
import { sharedFrameOf } from './frame.js';

/** The status of a call that did not go well, as the error filter puts it. */
export interface FailedStatus {
  readonly code?: status;
  readonly message: string;
  readonly metadata?: Metadata;
}

/**
 * Writes messages and the status to the stream of a call. grpc-js would copy every message for every client, and hold
 * some four kilobytes for each call that is open.
 */
export class ResponseWriter implements Observer<unknown> {
  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly serialize: (message: unknown) => Buffer,
  ) {}

  next(message: unknown): void {
    if (this.stream.writable) this.stream.write(sharedFrameOf(this.serialize(message)));
  }

  error({ code = status.UNKNOWN, message, metadata = new Metadata() }: FailedStatus): void {
    this.end(code, message, metadata);
  }

  complete(): void {
    this.end(status.OK, 'OK', new Metadata());
  }

  /** Ends the stream behind what has been written. */
  private end(code: status, message: string, metadata: Metadata): void {
    const { stream } = this;
    if (!stream.writable) return;
    stream.once('wantTrailers', () =>
      stream.sendTrailers({
        'grpc-status': code,
        'grpc-message': encodeURI(message),
        ...metadata.toHttp2Headers(),
      }),
    );
    stream.end();
  }
}
