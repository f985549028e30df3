import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** The private members of the writer of protobuf-es. */
interface Internals {
  readonly buffer: Uint8Array;
  pos: number;
}

/**
 * A writer that is reused for many messages, and allocates them from the buffer pool of Node. protobuf-es allocates
 * separate memory for each message, which costs about as much as the encoding.
 */
export class MessageWriter extends BinaryWriter {
  override finish(): Buffer<ArrayBuffer> {
    const internals = this as unknown as Internals;
    const message = Buffer.allocUnsafe(internals.pos);
    message.set(internals.buffer.subarray(0, internals.pos));
    internals.pos = 0;
    return message;
  }
}
