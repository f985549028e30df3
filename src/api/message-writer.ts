import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** What protobuf-es keeps to itself. */
interface Insides {
  readonly buffer: Uint8Array;
  pos: number;
}

/**
 * A writer to be used for one message after another, which cuts them from the memory that Node pools. With memory of
 * its own for each, as protobuf-es makes it, a message costs the allocator more than it costs to encode.
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
