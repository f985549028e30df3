import type { ConnectError } from '@connectrpc/connect';
import type { ResponseObserver } from '../call/response-observer.js';
import type { ResponseStream } from './response-stream.js';

/** A way of putting a call into HTTP. */
export interface Protocol {
  /** The labels of what it sends. */
  readonly contentTypes: { readonly proto: string; readonly json: string };
  /** The header with the time that a call may take. */
  readonly timeoutHeader: string;
  /** The header that names the compression of a request. */
  readonly compressionHeader: string;
  /** Reads the time that a call may take. */
  readonly parseTimeout: ParseTimeout;
  /** The message in the body of a request. Undefined: there is not exactly one. */
  readonly unwrapMessage: (body: Buffer) => Buffer | undefined;
  readonly answer: (stream: ResponseStream, contentType: string) => ResponseObserver<Buffer>;
}

type ParseTimeout = (
  header: string | null,
  mostMs: number,
) => { readonly timeoutMs?: number; readonly error?: ConnectError | undefined };
