import type { ServerResponse } from 'node:http';
import type { ClosingCall, ServerStream } from '../call/server-stream.js';

/**
 * The server side of a stream over HTTP/1.1. Each stream has its own connection, so a browser that aborts a stream also
 * closes the connection, and a lost connection cannot be distinguished from it.
 */
export class ResponseStream implements ServerStream, ClosingCall {
  readonly isConnectionLost = false;
  /** HTTP/1.1 has no PING, and Node does not report whether sent data was acknowledged. */
  readonly detectsDeadPeer = false;

  constructor(readonly response: ServerResponse) {}

  /** Whether the response can still be written. */
  get isOpen(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  /** Whether the response waits for an earlier response on the same connection. */
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

  /** Destroys the connection if the response is not sent within this time, in milliseconds. */
  destroyAfter(afterMs: number): void {
    const timer = setTimeout(() => this.response.destroy(), afterMs).unref();
    this.response.once('close', () => clearTimeout(timer));
  }
}
