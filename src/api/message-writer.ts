import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** The private members of the writer of protobuf-es. */
interface Insides {
  readonly buffer: Uint8Array;
  pos: number;
}

/**
 * A writer that is reused for many messages, and allocates them from the buffer pool of Node. protobuf-es allocates
 * separate memory for each message, which costs more than the encoding.
 */
export class MessageWriter extends BinaryWriter {
  override finish(): Buffer<ArrayBuffer> {
    const insides = this as unknown as Insides;
    const message = Buffer.allocUnsafe(insides.pos);
    message.set(insides.buffer.subarray(0, insides.pos));
    insides.pos = 0;
    return message;
  }
}
