import { ScalarType, type DescMessage } from '@bufbuild/protobuf';

/**
 * Parsers may differ on `disputed` bytes: deep groups, varints with more bytes than necessary, and
 * lengths that some parsers compute with 32 bits.
 */
export type Verdict = 'message' | 'malformed' | 'disputed';

const MAX_DEPTH = 90;
const MAX_LENGTH = 2 ** 32 - 1;
const MAX_FIELD_NUMBER = 2 ** 29 - 1;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** An entry of a map from strings to strings. */
const MAP_ENTRY = {
  fields: [1, 2].map((number) => ({ number, fieldKind: 'scalar', scalar: ScalarType.STRING })),
} as unknown as DescMessage;

class Malformed extends Error {}
class Disputed extends Error {}

/** Decides whether bytes are a message of a type. This reader shares no code with the service. */
export function judge(type: DescMessage, bytes: Uint8Array): Verdict {
  try {
    new Judge(bytes).message(type, bytes.length, 0);
    return 'message';
  } catch (error) {
    if (error instanceof Malformed) return 'malformed';
    if (error instanceof Disputed) return 'disputed';
    throw error;
  }
}

class Judge {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Reads up to `end`, or with a group number to the end of that group. */
  message(type: DescMessage | undefined, end: number, depth: number, group?: number): void {
    if (depth > MAX_DEPTH) throw new Disputed();
    while (this.at < end) {
      const { number, wireType } = this.tag(end);
      if (wireType === 4) {
        if (number !== group) throw new Malformed();
        return;
      }
      if (wireType === 3) this.message(undefined, end, depth + 1, number);
      else this.value(type, number, wireType, end, depth);
    }
    if (group !== undefined) throw new Malformed();
  }

  private tag(end: number): { readonly number: number; readonly wireType: number } {
    const tag = this.varint(end, 5);
    const number = Number(tag >> 3n);
    if (number === 0) throw new Malformed();
    if (number > MAX_FIELD_NUMBER) throw new Disputed();
    return { number, wireType: Number(tag & 7n) };
  }

  private value(
    type: DescMessage | undefined,
    number: number,
    wireType: number,
    end: number,
    depth: number,
  ): void {
    if (wireType === 0) this.varint(end, 10);
    else if (wireType === 1) this.skip(8, end);
    else if (wireType === 5) this.skip(4, end);
    else if (wireType === 2) this.delimited(type, number, end, depth);
    else throw new Malformed();
  }

  private delimited(
    type: DescMessage | undefined,
    number: number,
    end: number,
    depth: number,
  ): void {
    const length = Number(this.varint(end, 10));
    if (length > MAX_LENGTH) throw new Disputed();
    const start = this.at;
    this.skip(length, end);
    const field = type?.fields.find((known) => known.number === number);
    const isMap = field?.fieldKind === 'map';
    if (field?.scalar === ScalarType.STRING && !isMap) this.text(start);
    if (field?.message === undefined && field?.enum === undefined && !isMap) return;
    const stop = this.at;
    this.at = start;
    if (isMap) this.message(MAP_ENTRY, stop, depth + 1);
    else if (field.message !== undefined) this.message(field.message, stop, depth + 1);
    else if (field.fieldKind === 'list') while (this.at < stop) this.varint(stop, 10);
    this.at = stop;
  }

  private text(start: number): void {
    try {
      utf8.decode(this.bytes.subarray(start, this.at));
    } catch {
      throw new Malformed();
    }
  }

  private varint(end: number, maxBytes: number): bigint {
    let value = 0n;
    for (let count = 0; ; count++) {
      if (this.at >= end) throw new Malformed();
      const byte = this.bytes[this.at++]!;
      if (count >= maxBytes) throw new Disputed();
      value |= BigInt(byte & 127) << BigInt(7 * count);
      if (byte < 128) return value;
    }
  }

  private skip(length: number, end: number): void {
    if (length > end - this.at) throw new Malformed();
    this.at += length;
  }
}
