import type { IncomingMessage } from 'node:http';
import { status } from '@grpc/grpc-js';
import { statusError } from '../grpc/status-error.js';
import type { Hold } from './held-bytes.js';

/**
 * Reads a body. Of one that is too large the rest is read and dropped: a connection that is closed on a client which still
 * sends takes the answer along.
 */
export function bodyOf(request: IncomingMessage, maxBytes: number, hold: Hold): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    const refuse = (message: string): void => {
      chunks = [];
      hold.release();
      reject(statusError(status.RESOURCE_EXHAUSTED, message));
    };
    request.on('data', (chunk: Buffer) => {
      const wasRefused = size > 0 && chunks.length === 0;
      if (wasRefused) return;
      size += chunk.length;
      if (size > maxBytes) refuse(`request larger than ${maxBytes} bytes`);
      else if (!hold.raiseTo(size)) refuse('too much of too many requests waits for its rest');
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('close', () => hold.release());
    // Nobody hears it.
    request.on('error', () => reject(statusError(status.CANCELLED, 'the request broke off')));
  });
}
