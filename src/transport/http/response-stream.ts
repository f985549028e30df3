import type { ServerResponse } from 'node:http';
import type { Hold } from '../connections/held-bytes.js';
import type { ClosingCall, ServerStream } from '../call/server-stream.js';

/**
 * The server's end of a stream over HTTP/1.1, which is the only one on its connection: a browser that ends the one
 * ends the other, whether its script has aborted or its tab was closed.
 */
export class ResponseStream implements ServerStream, ClosingCall {
  readonly isConnectionLost = false;
  /** HTTP/1.1 has no pings, and Node does not tell whether what it has sent was acknowledged. */
  readonly noticesSilence = false;

  constructor(
    readonly response: ServerResponse,
    /** What the call holds. */
    private readonly hold: Pick<Hold, 'wait'>,
  ) {}

  /** Whether anything can still be said. */
  get isOpen(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  /** Whether it waits for the answer to an earlier request on the same connection. */
  get isPipelined(): boolean {
    return this.response.socket === null;
  }

  get isReady(): boolean {
    return !this.response.writableNeedDrain;
  }

  onReady(listener: () => void): void {
    this.response.on('drain', listener);
  }

  closeConnection(): void {
    this.response.shouldKeepAlive = false;
  }

  keepWaiting(): void {
    if (!this.response.destroyed) this.hold.wait();
  }

  /** Cuts the connection off when the answer is not out after a while. */
  destroyAfter(afterMs: number): void {
    const timer = setTimeout(() => this.response.destroy(), afterMs).unref();
    this.response.once('close', () => clearTimeout(timer));
  }
}
