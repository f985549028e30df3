/** Stands for a request whose bytes are no message. grpc-js would answer INTERNAL to a decoder that throws. */
export const MALFORMED = Symbol('malformed');

/**
 * A request as it has arrived. Decoding ten thousand ids takes milliseconds, so it waits until it is known that the
 * caller may call. Nest keeps this for as long as a stream lasts, and therefore it gives away what it holds.
 */
export class EncodedRequest {
  private message: object | typeof MALFORMED | undefined;

  constructor(
    private bytes: Buffer | undefined,
    private readonly decode: (bytes: Buffer) => object,
  ) {}

  /** How large it is, in bytes. Zero once it has been decoded. */
  get size(): number {
    return this.bytes?.length ?? 0;
  }

  /** The message, while it has not been taken. */
  peek(): object | typeof MALFORMED {
    if (this.bytes !== undefined) {
      this.message = this.decoded(this.bytes);
      this.bytes = undefined;
    }
    if (this.message === undefined) throw new Error('the request was taken already');
    return this.message;
  }

  take(): object | typeof MALFORMED {
    const message = this.peek();
    this.message = undefined;
    return message;
  }

  private decoded(bytes: Buffer): object | typeof MALFORMED {
    try {
      return this.decode(bytes);
    } catch {
      return MALFORMED;
    }
  }
}
