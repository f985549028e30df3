import fc from 'fast-check';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

type Mutation = (bytes: Buffer) => Buffer;

/** A relative position in a message. */
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

const anyBytes = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));

const WIRE_TYPES = [0, 1, 2, 3, 4, 5, 6, 7] as const;

const fieldNumbers = fc.oneof(
  fc.integer({ min: 0, max: 20 }),
  fc.constantFrom(2 ** 29 - 1, 18_999),
);

/** A tag that may not fit the bytes that follow. */
const tags = fc
  .tuple(fieldNumbers, fc.constantFrom(...WIRE_TYPES))
  .map(([number, wireType]) => varint(BigInt(number) * 8n + BigInt(wireType)));

/** Varints that no encoder writes: with more bytes than necessary, or than allowed. */
const longVarints = fc
  .tuple(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 1, max: 14 }))
  .map(([last, length]) => Buffer.from([...new Array<number>(length).fill(0x80), last]));

const hugeLengths = fc
  .tuple(
    fieldNumbers,
    fc.constantFrom(2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n),
  )
  .map(([number, length]) => Buffer.concat([varint(BigInt(number) * 8n + 2n), varint(length)]));

/** Nested groups, some of them not closed. */
const groups = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.constantFrom(1, 2, 99, 100, 101, 5000), fc.boolean())
  .map(([number, depth, isClosed]) => {
    const start = varint(BigInt(number) * 8n + 3n);
    const end = varint(BigInt(number) * 8n + 4n);
    return Buffer.concat([
      ...new Array<Buffer>(depth).fill(start),
      ...new Array<Buffer>(isClosed ? depth : depth - 1).fill(end),
    ]);
  });

/** Nested messages. */
const nested = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 300 }))
  .map(([number, depth]) => {
    let bytes: Uint8Array = new Uint8Array();
    for (let i = 0; i < depth; i++) {
      bytes = new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish();
    }
    return Buffer.from(bytes);
  });

const brokenTexts = fc
  .tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.constantFrom(
      [0xff],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xe2, 0x82],
    ),
  )
  .map(([number, text]) => Buffer.from([(number << 3) | 2, text.length, ...text]));

const inserts = fc.oneof(anyBytes, tags, longVarints, hugeLengths, groups, nested, brokenTexts);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(([at, bit]): Mutation => (bytes) => {
    const flipped = Buffer.from(bytes);
    if (flipped.length > 0) flipped[indexIn(bytes, at)]! ^= 1 << bit;
    return flipped;
  }),
  place.map(
    (at): Mutation =>
      (bytes) =>
        bytes.subarray(0, indexIn(bytes, at)),
  ),
  fc.tuple(place, place).map(([from, to]): Mutation => (bytes) => {
    const [start, end] = [indexIn(bytes, from), indexIn(bytes, to)].sort((a, b) => a - b);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  }),
  // The complete message twice: every singular field occurs two times.
  fc.constant<Mutation>((bytes) => Buffer.concat([bytes, bytes])),
  fc.tuple(place, inserts).map(([at, insert]): Mutation => (bytes) => {
    const index = indexIn(bytes, at);
    return Buffer.concat([bytes.subarray(0, index), insert, bytes.subarray(index)]);
  }),
  inserts.map(
    (insert): Mutation =>
      (bytes) =>
        Buffer.concat([bytes, insert]),
  ),
);

/** Mutates messages, as a faulty network or a hostile client would. */
export function mutated(messages: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(messages, fc.array(mutation, { minLength: 1, maxLength: 3 }))
    .map(([message, mutations]) =>
      mutations.reduce<Buffer>((bytes, mutate) => mutate(bytes), Buffer.from(message)),
    );
}

function indexIn(bytes: Buffer, at: number): number {
  return Math.floor(at * bytes.length);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (; value >= 128n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
  return Buffer.from([...bytes, Number(value)]);
}
