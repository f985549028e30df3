import type { IncomingMessage } from 'node:http';
import { status } from '@grpc/grpc-js';
import type { CallAccount } from '../connections/call-memory.js';
import { statusError, transportError, type TransportReason } from '../call/status-error.js';

/**
 * Reads a request body. If it is too large, the rest is read and dropped: if the connection closed while the client
 * still sends, the client would lose the error response. `account` counts the body in addition to the bytes that it
 * already holds, until its owner releases them.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  account: CallAccount,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const held = account.size;
    let chunks: Buffer[] | undefined = [];
    let size = 0;
    const refuse = (reason: TransportReason, message: string): void => {
      chunks = undefined;
      account.lowerTo(held);
      reject(transportError(reason, message));
    };
    request.on('data', (chunk: Buffer) => {
      if (chunks === undefined) return;
      size += chunk.length;
      if (size > maxBytes) refuse('REQUEST_TOO_LARGE', `request larger than ${maxBytes} bytes`);
      else if (!account.raiseTo(held + size))
        refuse('REQUEST_BUFFER_FULL', 'too many requests are incomplete; try again later');
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks ?? [])));
    // No client receives this error, because the connection is closed.
    request.on('error', () =>
      reject(statusError(status.CANCELLED, 'CANCELLED', 'the request was interrupted')),
    );
  });
}
