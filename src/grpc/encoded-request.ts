/**
 * Stands for a request whose bytes are no message, and says what is wrong with it. grpc-js would answer INTERNAL to a
 * decoder that throws.
 */
export class Malformed extends Error {
  constructor(message = 'is not a message of this type') {
    super(message);
  }
}

/**
 * A request as it has arrived. Decoding ten thousand ids takes milliseconds, so it waits until it is known that the
 * caller may call. Nest keeps this for as long as a stream lasts, and therefore it gives away what it holds.
 */
export class EncodedRequest {
  private message: object | undefined;

  constructor(
    private bytes: Buffer | undefined,
    /** May throw anything. Of a `Malformed` the caller is told. */
    private readonly decode: (bytes: Buffer) => object,
  ) {}

  /** How large it is, in bytes. Zero once it has been decoded. */
  get size(): number {
    return this.bytes?.length ?? 0;
  }

  /** The message, or a `Malformed`, while it has not been taken. */
  peek(): object {
    if (this.bytes !== undefined) {
      this.message = this.decoded(this.bytes);
      this.bytes = undefined;
    }
    if (this.message === undefined) throw new Error('the request was taken already');
    return this.message;
  }

  take(): object {
    const message = this.peek();
    this.message = undefined;
    return message;
  }

  private decoded(bytes: Buffer): object {
    try {
      return this.decode(bytes);
    } catch (error) {
      return error instanceof Malformed ? error : new Malformed();
    }
  }
}
