import type { ServerHttp2Stream } from 'node:http2';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { endFaulty } from '../call/fault-isolation.js';
import { transportError, type StatusError } from '../call/status-error.js';
import { statusMessage } from '../call/status-message.js';

/** One byte for the compression flag and four bytes for the length. */
const PREFIX_BYTES = 5;

/** Receives the only message of a request, or the error that ends the call: one of them, once. */
export interface MessageReceiver {
  /** Counts received bytes before they are used, also those of a rejected request. May close the stream. */
  receiving(bytes: number): void;
  received(message: Buffer): void;
  rejected(error: StatusError): void;
}

/**
 * Reads the request of a call, which is exactly one message. `encoding` is the compression that its header names, and
 * `maxBytes` limits the message before and after it is inflated. A request that is too large is rejected before the
 * rest of it arrives.
 */
export function readMessage(
  stream: ServerHttp2Stream,
  encoding: string,
  maxBytes: number,
  receiver: MessageReceiver,
): void {
  let chunks: Buffer[] = [];
  let size = 0;
  /** The size of the message and its prefix. Zero until the prefix has arrived. */
  let expected = 0;
  let isRejected = false;
  const stop = (error: StatusError): void => {
    isRejected = true;
    chunks = [];
    receiver.rejected(error);
  };
  const onData = (chunk: Buffer): void => {
    receiver.receiving(chunk.length);
    if (stream.closed || isRejected) return;
    chunks.push(chunk);
    size += chunk.length;
    if (expected === 0 && size >= PREFIX_BYTES) {
      // Nearly every request arrives in one chunk.
      if (chunks.length > 1) chunks = [Buffer.concat(chunks)];
      expected = PREFIX_BYTES + chunks[0]!.readUInt32BE(1);
    }
    if (expected > PREFIX_BYTES + maxBytes) {
      const message = `Received message larger than max (${expected - PREFIX_BYTES} vs ${maxBytes})`;
      stop(transportError('REQUEST_TOO_LARGE', message));
    } else if (expected > 0 && size > expected) {
      stop(transportError('UNSUPPORTED_REQUEST', 'Received a second request message'));
    }
  };
  const onEnd = (): void => {
    // The stream may stay open for days. Its listeners would keep the request.
    stream.off('data', onData).off('end', onEnd);
    if (isRejected) return;
    if (expected === 0 || size < expected) {
      return stop(transportError('UNSUPPORTED_REQUEST', 'Received no complete request message'));
    }
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const message = bytes.subarray(PREFIX_BYTES);
    if (bytes[0] === 0 || encoding === 'identity') return receiver.received(message);
    inflated(message, encoding, maxBytes)
      .then(
        (content) => receiver.received(content),
        (error: StatusError) => receiver.rejected(error),
      )
      // No event of the stream contains an exception here.
      .catch((error: unknown) => endFaulty(stream, error));
  };
  stream.on('data', onData);
  stream.on('end', onEnd);
}

/** A map, because the client chooses the name: an object would also have `constructor`, `toString` and others. */
const INFLATERS: ReadonlyMap<string, typeof gunzip.__promisify__> = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
]);

async function inflated(bytes: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const inflater = INFLATERS.get(encoding);
  if (inflater === undefined) {
    const message = `Received message compressed with unsupported encoding "${statusMessage(encoding)}"`;
    throw transportError('UNSUPPORTED_REQUEST', message);
  }
  try {
    return await inflater(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE')
      throw transportError('INTERNAL_ERROR', 'Failed to decompress message');
    const message = `Received message that decompresses to a size larger than ${maxBytes}`;
    throw transportError('REQUEST_TOO_LARGE', message);
  }
}
