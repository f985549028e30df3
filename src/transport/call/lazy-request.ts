/**
 * Stands for a request whose bytes are no message, and says what is wrong with it. grpc-js would answer INTERNAL to a
 * decoder that throws.
 */
export class MalformedMessageError extends Error {
  constructor(
    message = 'is not a message of this type',
    /** The field that is to blame, as the contract spells it. */
    readonly field = 'request',
  ) {
    super(message);
  }
}

/** Makes a message of bytes. May throw anything; of a `Malformed` the caller is told. */
export interface RequestDecoder {
  readonly decode: (bytes: Buffer) => object;
  /** The same for a request that is large, with turns of the event loop in between. */
  readonly decodeInTurns: (bytes: Buffer) => Promise<object>;
}

/** What is larger is decoded in turns, in bytes: decoding as much takes less than a millisecond. */
const LARGE_BYTES = 64 * 1024;

/**
 * A request as it has arrived. It is not decoded before it is known that the caller may call. Nest keeps this for as long as
 * a stream lasts, and therefore it gives away what it holds.
 */
export class LazyRequest {
  private message: object | undefined;

  constructor(
    private bytes: Buffer | undefined,
    private readonly decoder: RequestDecoder,
  ) {}

  /** How large it is, in bytes. Zero once it has been decoded. */
  get size(): number {
    return this.bytes?.length ?? 0;
  }

  /** The message of a request that is small, or a `Malformed`, while it has not been taken. */
  peek(): object {
    if (this.bytes !== undefined) {
      const { bytes } = this;
      this.bytes = undefined;
      try {
        this.message = this.decoder.decode(bytes);
      } catch (error) {
        this.message = malformed(error);
      }
    }
    if (this.message === undefined) throw new Error('the request was taken already');
    return this.message;
  }

  /** The message, or a `Malformed`. A promise of it where the request is large. */
  consume(): object | Promise<object> {
    const { bytes } = this;
    if (bytes !== undefined && bytes.length > LARGE_BYTES) {
      this.bytes = undefined;
      return this.decoder.decodeInTurns(bytes).catch(malformed);
    }
    const message = this.peek();
    this.message = undefined;
    return message;
  }
}

function malformed(error: unknown): MalformedMessageError {
  return error instanceof MalformedMessageError ? error : new MalformedMessageError();
}
