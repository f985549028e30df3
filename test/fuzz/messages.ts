import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { keys, textsFor, type Vocabulary } from './texts.js';

/** The longest list in a field. The limits of lists are tested in test/e2e/bad-input. */
const MAX_ITEMS = 5;

const NOW_SECONDS = Math.floor(Date.now() / 1000);

const int32 = fc.oneof(
  fc.integer({ min: -2, max: 12 }),
  fc.constantFrom(100, 1000, 1001, 999_999_999, 1_000_000_000, 2 ** 31 - 1, -(2 ** 31)),
  fc.integer(),
);

const int64 = fc.oneof(
  fc.integer({ min: 1, max: 100_000 }).map((after) => BigInt(NOW_SECONDS + after)),
  fc.constantFrom(
    0n,
    -1n,
    253_402_300_799n,
    253_402_300_800n,
    2n ** 53n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);

/** Versions, which are microseconds, and other numbers. */
const uint64 = fc.oneof(
  fc.integer({ min: -100, max: 100 }).map((after) => BigInt(NOW_SECONDS + after) * 1_000_000n),
  fc.constantFrom(0n, 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n),
);

/**
 * Generates well-formed messages of a type: any of its fields, with values that are valid, nearly
 * valid or invalid.
 */
export function messagesOf(type: DescMessage, vocabulary: Vocabulary): fc.Arbitrary<Uint8Array> {
  const parts = membersOf(type).map((fields) =>
    fc.oneof(
      { weight: 5, arbitrary: fc.oneof(...fields.map((field) => encodingsOf(field, vocabulary))) },
      { weight: 1, arbitrary: fc.constant<Uint8Array>(new Uint8Array()) },
    ),
  );
  return fc.tuple(...parts).map((encoded) => Buffer.concat(encoded));
}

/** Returns the fields of a message. The fields of a `oneof` are alternatives. */
function membersOf({ members }: DescMessage): readonly (readonly DescField[])[] {
  return members.map((member) => (member.kind === 'oneof' ? member.fields : [member]));
}

function encodingsOf(field: DescField, vocabulary: Vocabulary): fc.Arbitrary<Uint8Array> {
  if (field.fieldKind === 'map') return entriesOf(field, vocabulary);
  const one = valuesOf(field, vocabulary);
  if (field.fieldKind !== 'list') return one;
  const items = fc.array(one, { maxLength: MAX_ITEMS }).map((encoded) => Buffer.concat(encoded));
  if (field.listKind !== 'enum') return items;
  const packed = fc.array(enumsOf(field), { maxLength: MAX_ITEMS }).map((numbers) => {
    const writer = new BinaryWriter().tag(field.number, WireType.LengthDelimited).fork();
    for (const number of numbers) writer.int32(number);
    return writer.join().finish();
  });
  return fc.oneof(items, packed);
}

/** Generates the entries of a map from strings to strings. */
function entriesOf({ number, name }: DescField, vocabulary: Vocabulary): fc.Arbitrary<Uint8Array> {
  const entry = fc.tuple(keys, textsFor(name, vocabulary)).map(([key, value]) => {
    const writer = new BinaryWriter().tag(number, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).string(value);
    return writer.join().finish();
  });
  return fc.array(entry, { maxLength: MAX_ITEMS }).map((entries) => Buffer.concat(entries));
}

/** Generates one value of a field, with its tag. */
function valuesOf(field: DescField, vocabulary: Vocabulary): fc.Arbitrary<Uint8Array> {
  const { number, name } = field;
  const tagged = (wireType: WireType): BinaryWriter => new BinaryWriter().tag(number, wireType);
  if (field.message !== undefined) {
    return messagesOf(field.message, vocabulary).map((bytes) =>
      tagged(WireType.LengthDelimited).bytes(bytes).finish(),
    );
  }
  if (field.enum !== undefined) {
    return enumsOf(field).map((value) => tagged(WireType.Varint).int32(value).finish());
  }
  switch (field.scalar) {
    case ScalarType.STRING:
      return textsFor(name, vocabulary).map((text) =>
        tagged(WireType.LengthDelimited).string(text).finish(),
      );
    case ScalarType.BOOL:
      return fc.boolean().map((value) => tagged(WireType.Varint).bool(value).finish());
    case ScalarType.INT32:
      return int32.map((value) => tagged(WireType.Varint).int32(value).finish());
    case ScalarType.INT64:
      return int64.map((value) => tagged(WireType.Varint).int64(value).finish());
    case ScalarType.UINT64:
      return uint64.map((value) => tagged(WireType.Varint).uint64(value).finish());
    default:
      throw new Error(`the fuzzer does not know the type of ${field.toString()} yet`);
  }
}

/** Generates every value of the enum, and some that are undefined. */
function enumsOf(field: DescField): fc.Arbitrary<number> {
  const known = field.enum!.values.map((value) => value.number);
  return fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...known) },
    {
      weight: 1,
      arbitrary: fc.oneof(fc.constantFrom(-1, known.length, 2 ** 31 - 1), fc.integer()),
    },
  );
}
