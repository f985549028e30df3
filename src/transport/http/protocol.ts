import type { ConnectError } from '@connectrpc/connect';
import type { ResponseObserver } from '../call/response-observer.js';
import type { ResponseStream } from './response-stream.js';

/** A protocol for calls over HTTP. */
export interface Protocol {
  /** The content types of its responses. */
  readonly contentTypes: { readonly proto: string; readonly json: string };
  /** The header with the timeout of a call. */
  readonly timeoutHeader: string;
  /** The header that names the compression of a request. */
  readonly compressionHeader: string;
  /** Parses the timeout of a call. */
  readonly parseTimeout: ParseTimeout;
  /** Returns the message in the body of a request. Undefined if there is not exactly one. */
  readonly unwrapMessage: (body: Buffer) => Buffer | undefined;
  readonly answer: (stream: ResponseStream, contentType: string) => ResponseObserver<Buffer>;
}

type ParseTimeout = (
  header: string | null,
  mostMs: number,
) => { readonly timeoutMs?: number; readonly error?: ConnectError | undefined };
