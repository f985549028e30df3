/**
 * The error for a request whose bytes are not a valid message. `LazyRequest` returns it instead of the message, so
 * that the validation converts it to a status.
 */
export class MalformedMessageError extends Error {
  constructor(
    message = 'is not a message of this type',
    /** The invalid field, as spelled in the contract. */
    readonly field = 'request',
  ) {
    super(message);
  }
}

/** Decodes the bytes of a request. May throw any error; the caller receives the text of a `MalformedMessageError`. */
export interface RequestDecoder {
  readonly decode: (bytes: Buffer) => object;
  /** Decodes a large request, and yields to the event loop in between. */
  readonly decodeInSlices: (bytes: Buffer) => Promise<object>;
}

/**
 * Requests above this number of bytes are decoded in slices. Decoding this many bytes takes less than a millisecond.
 */
const LARGE_BYTES = 64 * 1024;

/**
 * A request as received bytes. It is decoded only after the caller is authorized. Nest keeps this object while a stream
 * is open, so it drops its content once the content is read.
 */
export class LazyRequest {
  private message: object | undefined;

  constructor(
    private bytes: Buffer | undefined,
    private readonly decoder: RequestDecoder,
  ) {}

  /** The size in bytes. Zero after decoding. */
  get size(): number {
    return this.bytes?.length ?? 0;
  }

  /**
   * Returns the message of a small request, or a `MalformedMessageError`, without consuming it. Throws if it was
   * consumed.
   */
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
    if (this.message === undefined) throw new Error('the request was consumed already');
    return this.message;
  }

  /** Returns the message, or a `MalformedMessageError`, and drops it. Returns a promise if the request is large. */
  consume(): object | Promise<object> {
    const { bytes } = this;
    if (bytes !== undefined && bytes.length > LARGE_BYTES) {
      this.bytes = undefined;
      return this.decoder.decodeInSlices(bytes).catch(malformed);
    }
    const message = this.peek();
    this.message = undefined;
    return message;
  }
}

function malformed(error: unknown): MalformedMessageError {
  return error instanceof MalformedMessageError ? error : new MalformedMessageError();
}
