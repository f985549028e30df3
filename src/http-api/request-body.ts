import type { IncomingMessage } from 'node:http';
import { status } from '@grpc/grpc-js';
import { statusError } from '../grpc/status-error.js';

/**
 * Reads a body of at most so many bytes. What comes beyond is read and dropped: a connection that is closed on a client
 * which still sends takes the answer along.
 */
export function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      reject(statusError(status.RESOURCE_EXHAUSTED, `request larger than ${maxBytes} bytes`));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}
