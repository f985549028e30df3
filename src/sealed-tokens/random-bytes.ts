import { randomBytes } from 'node:crypto';

/** The number of values that are taken from the operating system together. */
const VALUES = 256;

/**
 * Random values of a fixed length from the cryptographic generator of Node. It fetches many at once, because each fetch
 * costs several times as much as the rest of a value.
 */
export class RandomBytes {
  private pool: Buffer = Buffer.alloc(0);
  private used = 0;

  constructor(
    private readonly length: number,
    private readonly fetch: (bytes: number) => Buffer = randomBytes,
  ) {}

  /** Returns the next value. The caller must not keep it, because it would keep all values in memory. */
  next(): Buffer {
    if (this.used === this.pool.length) {
      this.pool = this.fetch(VALUES * this.length);
      this.used = 0;
    }
    return this.pool.subarray(this.used, (this.used += this.length));
  }
}
