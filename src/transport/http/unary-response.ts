import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  errorToJsonBytes,
} from '@connectrpc/connect/protocol-connect';
import { ResponseObserver } from '../call/response-observer.js';
import type { FailedStatus } from '../call/status-error.js';
import { connectErrorOf } from './connect-error.js';
import type { ResponseStream } from './response-stream.js';

/** A response whose body is one message, or an error as JSON with the closest HTTP status. */
export class UnaryResponse extends ResponseObserver<Buffer> {
  private message: Buffer = Buffer.alloc(0);

  constructor(
    private readonly stream: ResponseStream,
    private readonly contentType: string,
  ) {
    super();
  }

  protected write(message: Buffer): void {
    this.message = message;
  }

  protected end(failure: FailedStatus | undefined): void {
    if (failure === undefined) return this.send(200, this.contentType, this.message);
    const error = connectErrorOf(failure);
    const body = Buffer.from(errorToJsonBytes(error, undefined));
    this.send(codeToHttpStatus(error.code), contentTypeUnaryJson, body);
  }

  protected resetStream(): void {
    this.stream.response.destroy();
  }

  private send(status: number, contentType: string, body: Buffer): void {
    if (!this.stream.isOpen) return;
    const headers = { 'content-type': contentType, 'content-length': body.length };
    this.stream.response.writeHead(status, headers).end(body);
  }
}
