import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  errorToJsonBytes,
} from '@connectrpc/connect/protocol-connect';
import type { FailedStatus } from '../grpc/response-writer.js';
import { connectErrorOf } from './connect-error.js';
import type { Answer } from './protocol.js';
import type { ResponseStream } from './response-stream.js';

/** One message that is the whole body, or an error as JSON with the status of HTTP that comes nearest. */
export class UnaryAnswer implements Answer {
  private message: Buffer = Buffer.alloc(0);

  constructor(
    private readonly stream: ResponseStream,
    private readonly contentType: string,
  ) {}

  next(message: Buffer): void {
    this.message = message;
  }

  error(failure: FailedStatus): void {
    const error = connectErrorOf(failure);
    const body = Buffer.from(errorToJsonBytes(error, undefined));
    this.send(codeToHttpStatus(error.code), contentTypeUnaryJson, body);
  }

  complete(): void {
    this.send(200, this.contentType, this.message);
  }

  private send(status: number, contentType: string, body: Buffer): void {
    if (!this.stream.isOpen) return;
    const headers = { 'content-type': contentType, 'content-length': body.length };
    this.stream.response.writeHead(status, headers).end(body);
  }
}
