import type { DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { RequestDecoder } from './lazy-request.js';
import { checkRecords, wireSchemaOf } from './wire-validation.js';
import { RequestReader } from './request-reader.js';
import { oneByOne, Turns } from './loop-slices.js';

/** Decodes requests of a type. `decode` is the generated code for it, which does all at once. */
export function requestDecoder(
  type: DescMessage,
  { lists }: { readonly lists: Readonly<Record<string, number>> },
  decode: (reader: BinaryReader) => object,
  turns: () => Turns = () => new Turns(),
): RequestDecoder {
  const shape = wireSchemaOf(type, lists);
  const texts = type.fields.filter(
    (field) => field.fieldKind === 'list' && shape.texts.has(field.number),
  );
  const nameOf = new Map(texts.map(({ number, localName }) => [number, localName]));

  /** The lists of texts, which are all that makes a request large, one by one; the rest as ever. */
  async function decodeInTurns(bytes: Buffer): Promise<object> {
    const turn = turns();
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
      await turn.at(reader.pos);
    }
    return Object.assign(decode(new RequestReader(Buffer.concat(rest))), values);
  }

  return {
    decode: (bytes) => {
      const excess = checkRecords(bytes, shape);
      // First, since bytes that are no message are that above all. It is small.
      const message = decode(new RequestReader(bytes));
      if (excess !== undefined) throw excess;
      return message;
    },
    decodeInTurns: async (bytes) => {
      const excess = checkRecords(bytes, shape);
      if (excess !== undefined) throw excess;
      return oneByOne(() => decodeInTurns(bytes));
    },
  };
}
