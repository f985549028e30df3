import { BinaryReader } from '@bufbuild/protobuf/wire';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/** A reader that accepts any integer and leaves the range check to the validation rules of the field. */
export class RequestReader extends BinaryReader {
  constructor(bytes: Uint8Array) {
    super(bytes, decodeUtf8);
  }

  /**
   * Clamps a number to the safe range of JavaScript. The generated code would reject the message otherwise, and the
   * clamped number is outside of every valid range as well.
   */
  override int64(): bigint {
    const value = BigInt(super.int64());
    if (value > LARGEST) return LARGEST;
    return value < -LARGEST ? -LARGEST : value;
  }

  /** Clamps a number, as `int64` does. */
  override uint64(): bigint {
    const value = BigInt(super.uint64());
    return value > LARGEST ? LARGEST : value;
  }
}

/** Rejects a message with invalid UTF-8. Replacement characters could make two different ids equal. */
function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
