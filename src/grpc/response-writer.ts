import { constants, type ServerHttp2Stream } from 'node:http2';
import { Metadata, status } from '@grpc/grpc-js';
import type { Observer } from 'rxjs';
import { sharedFrameOf } from './frame.js';

/** How long a client that has stopped reading is given to take the status of its stream. */
export const CUT_OFF_AFTER_MS = 1000;

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

  /**
   * Ends the stream behind what has been written. A status cannot overtake the data that a stuck reader does not take;
   * a reset does, and reaches the client as RESOURCE_EXHAUSTED.
   */
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
    const cutOff = (): void => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const timer = setTimeout(cutOff, CUT_OFF_AFTER_MS);
    stream.once('close', () => clearTimeout(timer));
  }
}
