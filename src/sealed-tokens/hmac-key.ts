import { createHash, hash } from 'node:crypto';

/** The block size of each hash function, in bytes. */
const BLOCK_BYTES = { sha256: 64, sha512: 128 } as const;

/** Longer messages are copied to memory of their own. */
const USUAL_BYTES = 1024;

/**
 * A key for message authentication codes (HMAC, RFC 2104). An `Hmac` of Node is a native object, which costs several
 * times as much to create and to collect as the two hashes of one code.
 */
export class HmacKey {
  /** The padded keys, each before the bytes that are hashed after it. */
  private readonly inner: Buffer;
  private readonly outer: Buffer;
  private readonly block: number;

  constructor(
    private readonly algorithm: keyof typeof BLOCK_BYTES,
    secret: Uint8Array,
  ) {
    this.block = BLOCK_BYTES[algorithm];
    const short =
      secret.length > this.block ? createHash(algorithm).update(secret).digest() : secret;
    this.inner = Buffer.alloc(this.block + USUAL_BYTES);
    this.outer = Buffer.alloc(this.block + this.block / 2);
    for (let i = 0; i < this.block; i++) {
      this.inner[i] = (short[i] ?? 0) ^ 0x36;
      this.outer[i] = (short[i] ?? 0) ^ 0x5c;
    }
  }

  /** Returns the code of a message. A text is encoded as UTF-8. */
  codeOf(message: string | Uint8Array): Buffer {
    const isText = typeof message === 'string';
    const length = isText ? Buffer.byteLength(message) : message.length;
    const input = this.inputFor(length);
    if (isText) input.write(message, this.block);
    else input.set(message, this.block);
    // Node returns a text of one byte per character faster than a Buffer, which would have native memory of its own.
    const digest = hash(this.algorithm, input, 'binary');
    this.outer.write(digest, this.block, 'binary');
    return Buffer.from(hash(this.algorithm, this.outer, 'binary'), 'binary');
  }

  private inputFor(length: number): Buffer {
    if (length <= USUAL_BYTES) return this.inner.subarray(0, this.block + length);
    const input = Buffer.alloc(this.block + length);
    this.inner.copy(input, 0, 0, this.block);
    return input;
  }
}
