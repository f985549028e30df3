import { BinaryReader } from '@bufbuild/protobuf/wire';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/** Reads requests, and leaves it to the rules of a field what may be in it. */
export class RequestReader extends BinaryReader {
  constructor(bytes: Uint8Array) {
    super(bytes, decodeUtf8);
  }

  /** The generated code refuses a message for a number that JavaScript cannot hold. The nearest is as far off. */
  override int64(): bigint {
    const value = BigInt(super.int64());
    if (value > LARGEST) return LARGEST;
    return value < -LARGEST ? -LARGEST : value;
  }

  /** As `int64`. */
  override uint64(): bigint {
    const value = BigInt(super.uint64());
    return value > LARGEST ? LARGEST : value;
  }
}

/** Text that is no UTF-8 makes a message malformed. Replaced characters would make one id of two. */
function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
