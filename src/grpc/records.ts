import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** What of a message has more records or numbers within. */
export interface Shape {
  readonly messages: ReadonlyMap<number, Shape>;
  /** Lists of numbers, which may come in one record. */
  readonly lists: ReadonlySet<number>;
}

/** Of a type that does not hold itself, and has no lists of numbers of fixed length: no request does. */
export function shapeOf({ fields }: DescMessage): Shape {
  const messages = fields.flatMap(({ number, message }) =>
    message === undefined ? [] : [[number, shapeOf(message)] as const],
  );
  const lists = fields.filter(isListOfNumbers).map(({ number }) => number);
  return { messages: new Map(messages), lists: new Set(lists) };
}

function isListOfNumbers({ fieldKind, message, scalar }: DescField): boolean {
  return fieldKind === 'list' && message === undefined && scalar !== ScalarType.STRING;
}

/**
 * Throws unless bytes are whole records from the first to the last. The generated code stops at a tag that cannot be,
 * and reads a message within another past its end: it would take for a request what every other parser refuses, and
 * perhaps for another one than was meant.
 */
export function requireRecords(bytes: Uint8Array, shape: Shape): void {
  walk(new BinaryReader(bytes), bytes.length, shape);
}

function walk(reader: BinaryReader, end: number, { messages, lists }: Shape): void {
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    const isDelimited = wireType === WireType.LengthDelimited;
    const inner = isDelimited ? messages.get(number) : undefined;
    if (inner !== undefined) {
      const length = reader.uint32();
      walk(reader, reader.pos + length, inner);
      continue;
    }
    const record = reader.skip(wireType, number);
    // In a list the last byte ends a number; with the list of no numbers it is that of the length.
    const isOpen = isDelimited && lists.has(number) && record.at(-1)! > 127;
    if (isOpen) throw new RangeError('a number goes on behind the end of its list');
  }
  if (reader.pos !== end) throw new RangeError('a record goes on behind the end of its message');
}
