import type { DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { RequestDecoder } from './lazy-request.js';
import { checkRecords, wireSchemaOf } from './wire-validation.js';
import { RequestReader } from './request-reader.js';
import { oneByOne, LoopSlices } from './loop-slices.js';

/** Creates the decoder of a request type. `decode` is the generated code, which decodes a message in one step. */
export function requestDecoder(
  type: DescMessage,
  { lists }: { readonly lists: Readonly<Record<string, number>> },
  decode: (reader: BinaryReader) => object,
  newSlices: () => LoopSlices = () => new LoopSlices(),
): RequestDecoder {
  const shape = wireSchemaOf(type, lists);
  const texts = type.fields.filter(
    (field) => field.fieldKind === 'list' && shape.texts.has(field.number),
  );
  const nameOf = new Map(texts.map(({ number, localName }) => [number, localName]));

  /**
   * Decodes the string lists one value at a time, because only they make a request large. The generated code decodes
   * the rest.
   */
  async function decodeInSlices(bytes: Buffer): Promise<object> {
    const slices = newSlices();
    const values = Object.fromEntries(texts.map(({ localName }) => [localName, [] as string[]]));
    const rest: Uint8Array[] = [];
    const reader = new RequestReader(bytes);
    while (reader.pos < bytes.length) {
      const start = reader.pos;
      const [number, wireType] = reader.tag();
      const name = wireType === WireType.LengthDelimited ? nameOf.get(number) : undefined;
      if (name === undefined) {
        reader.skip(wireType, number);
        rest.push(bytes.subarray(start, reader.pos));
      } else values[name]!.push(reader.string());
      await slices.at(reader.pos);
    }
    return Object.assign(decode(new RequestReader(Buffer.concat(rest))), values);
  }

  return {
    decode: (bytes) => {
      const excess = checkRecords(bytes, shape);
      // Decoding runs first, because "not a message" has priority over "too many values". The request is small.
      const message = decode(new RequestReader(bytes));
      if (excess !== undefined) throw excess;
      return message;
    },
    decodeInSlices: async (bytes) => {
      const excess = checkRecords(bytes, shape);
      if (excess !== undefined) throw excess;
      return oneByOne(() => decodeInSlices(bytes));
    },
  };
}
