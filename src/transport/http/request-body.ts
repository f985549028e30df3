import type { IncomingMessage } from 'node:http';
import { status } from '@grpc/grpc-js';
import type { Hold } from '../connections/held-bytes.js';
import { statusError } from '../call/status-error.js';

/**
 * Reads a body. Of one that is too large the rest is read and dropped: a connection that is closed on a client which still
 * sends takes the answer along. `hold` counts the body beside what it holds already, and until its owner lets go of it.
 */
export function readBody(request: IncomingMessage, maxBytes: number, hold: Hold): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const held = hold.size;
    let chunks: Buffer[] | undefined = [];
    let size = 0;
    const refuse = (message: string): void => {
      chunks = undefined;
      hold.lowerTo(held);
      reject(statusError(status.RESOURCE_EXHAUSTED, message));
    };
    request.on('data', (chunk: Buffer) => {
      if (chunks === undefined) return;
      size += chunk.length;
      if (size > maxBytes) refuse(`request larger than ${maxBytes} bytes`);
      else if (!hold.raiseTo(held + size))
        refuse('too much of too many requests waits for its rest');
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks ?? [])));
    // Nobody hears it.
    request.on('error', () => reject(statusError(status.CANCELLED, 'the request broke off')));
  });
}
