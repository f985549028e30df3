import type { DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Which fields of a message are messages themselves, and the same of those. */
export interface Shape {
  readonly messages: ReadonlyMap<number, Shape>;
}

/** Of a type that does not hold itself: no request does. */
export function shapeOf({ fields }: DescMessage): Shape {
  const messages = fields.flatMap(({ number, message }) =>
    message === undefined ? [] : [[number, shapeOf(message)] as const],
  );
  return { messages: new Map(messages) };
}

/**
 * Throws unless bytes are whole records from the first to the last. The generated code stops at a tag that cannot be,
 * and reads a message within another past its end: it would take for a request what every other parser refuses, and
 * perhaps for another one than was meant.
 */
export function requireRecords(bytes: Uint8Array, shape: Shape): void {
  walk(new BinaryReader(bytes), bytes.length, shape);
}

function walk(reader: BinaryReader, end: number, { messages }: Shape): void {
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    const inner = wireType === WireType.LengthDelimited ? messages.get(number) : undefined;
    if (inner === undefined) {
      reader.skip(wireType, number);
    } else {
      const length = reader.uint32();
      walk(reader, reader.pos + length, inner);
    }
  }
  if (reader.pos !== end) throw new RangeError('a record goes on behind the end of its message');
}
