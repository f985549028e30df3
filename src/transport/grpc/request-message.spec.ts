import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { PassThrough } from 'node:stream';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CapturedLog } from '../../../test/support/captured-log.js';
import { encodeFrame } from './frame.js';
import { readMessage } from './request-message.js';

const MAX_BYTES = 100;

/** Reads a request that arrives in these chunks. Returns its message, or the reason of its rejection. */
function read(chunks: readonly Buffer[], encoding = 'identity'): Promise<string> {
  const stream = new PassThrough();
  const outcome = new Promise<string>((resolve) =>
    readMessage(stream as unknown as ServerHttp2Stream, encoding, MAX_BYTES, {
      receiving: () => {},
      received: (message) => resolve(message.toString()),
      rejected: ({ reason, status: { message } }) => resolve(`${reason}: ${message}`),
    }),
  );
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return outcome;
}

function compressed(bytes: Buffer): Buffer {
  const frame = encodeFrame(bytes);
  frame[0] = 1;
  return frame;
}

describe('The request of a call', () => {
  it('is one message, in chunks of any size', async () => {
    const frame = encodeFrame(Buffer.from('hello'));
    expect(await read([frame])).toBe('hello');
    expect(await read([...frame].map((byte) => Buffer.from([byte])))).toBe('hello');
    expect(await read([encodeFrame(Buffer.alloc(0))])).toBe('');
  });

  it('may be compressed with gzip or deflate', async () => {
    const text = Buffer.from('a'.repeat(MAX_BYTES));
    expect(await read([compressed(gzipSync(text))], 'gzip')).toBe(text.toString());
    expect(await read([compressed(deflateSync(text))], 'deflate')).toBe(text.toString());
    // The flag of the message decides, and not the header.
    expect(await read([encodeFrame(text)], 'gzip')).toBe(text.toString());
  });

  it.each([
    ['nothing', []],
    ['a part of a prefix', [Buffer.alloc(4)]],
    ['a part of a message', [encodeFrame(Buffer.from('hello')).subarray(0, 9)]],
  ])('is rejected if it is %s', async (_name, chunks) => {
    expect(await read(chunks)).toBe('UNSUPPORTED_REQUEST: Received no complete request message');
  });

  it('is rejected if it has a second message, or a part of one', async () => {
    const frame = encodeFrame(Buffer.from('hello'));
    const rejection = 'UNSUPPORTED_REQUEST: Received a second request message';
    expect(await read([frame, frame])).toBe(rejection);
    expect(await read([Buffer.concat([frame, Buffer.alloc(1)])])).toBe(rejection);
  });

  it('is rejected if it is too large, before it arrives', async () => {
    const prefix = encodeFrame(Buffer.alloc(MAX_BYTES + 1)).subarray(0, 5);
    expect(await read([prefix])).toMatch(/^REQUEST_TOO_LARGE: .*101 vs 100/);
  });

  it('is rejected if it is too large after it is inflated', async () => {
    const bomb = compressed(gzipSync(Buffer.alloc(MAX_BYTES + 1)));
    expect(await read([bomb], 'gzip')).toMatch(/^REQUEST_TOO_LARGE: .*larger than 100/);
  });

  it('is rejected if it cannot be inflated', async () => {
    const garbage = compressed(Buffer.from('garbage'));
    expect(await read([garbage], 'gzip')).toBe('INTERNAL_ERROR: Failed to decompress message');
    expect(await read([garbage], 'br')).toMatch(/^UNSUPPORTED_REQUEST: .*encoding "br"/);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])(
    'is rejected if its encoding is %s, a name that every object has',
    async (encoding) => {
      const message = compressed(Buffer.from('hello'));
      expect(await read([message], encoding)).toBe(
        `UNSUPPORTED_REQUEST: Received message compressed with unsupported encoding "${encoding}"`,
      );
    },
  );

  it('ends its stream if it cannot be served after it was inflated', async () => {
    const log = CapturedLog.start();
    const stream = new PassThrough({ autoDestroy: false });
    readMessage(stream as unknown as ServerHttp2Stream, 'gzip', MAX_BYTES, {
      receiving: () => {},
      received: () => {
        throw new Error('boom');
      },
      rejected: () => {},
    });
    stream.end(compressed(gzipSync(Buffer.from('hello'))));
    await once(stream, 'close');
    expect(log.text).toMatch(/An internal error ended a call: .*boom/);
    log.restore();
  });
});
