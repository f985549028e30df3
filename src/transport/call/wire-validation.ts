import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { MalformedMessageError } from './lazy-request.js';

/** How many records a message may have beside those of its lists: as many as there can be in the 8 KiB of a small request. */
const MAX_OTHER_RECORDS = 4096;

/** How many bytes a text may have: more than any id, token or text that a rule lets through. */
export const MAX_TEXT_BYTES = 4096;

/** A list of a message. */
interface List {
  /** Its path within the request. */
  readonly name: string;
  /** How many values it may hold. */
  readonly max: number;
  /** Numbers may come in one record. */
  readonly isOfNumbers: boolean;
}

/** What of a message has more records or numbers within, and how much there may be of it. */
export interface WireSchema {
  readonly messages: ReadonlyMap<number, WireSchema>;
  readonly lists: ReadonlyMap<number, List>;
  /** The paths of the fields that are text. */
  readonly texts: ReadonlyMap<number, string>;
  /** How many records there may be, those within others included. */
  readonly maxRecords: number;
}

/**
 * Of a type that does not hold itself, and has no lists of numbers of fixed length: no request does. `limits` says how many
 * values each list may hold, by name. `path` leads to the type from that of the request, and ends with a dot.
 */
export function wireSchemaOf(
  { fields, typeName }: DescMessage,
  limits: Readonly<Record<string, number>> = {},
  path = '',
): WireSchema {
  const messages = fields.flatMap(({ number, name, message }) =>
    message === undefined
      ? []
      : [[number, wireSchemaOf(message, limits, `${path}${name}.`)] as const],
  );
  const lists = fields.filter(isList).map(({ number, name, scalar }) => {
    const max = limits[name];
    if (max === undefined) throw new Error(`no limit for ${name} of ${typeName}`);
    return [number, { name: path + name, max, isOfNumbers: scalar !== ScalarType.STRING }] as const;
  });
  const texts = fields
    .filter(({ scalar }) => scalar === ScalarType.STRING)
    .map(({ number, name }) => [number, path + name] as const);
  const maxRecords = lists.reduce((sum, [, { max }]) => sum + max, MAX_OTHER_RECORDS);
  return {
    messages: new Map(messages),
    lists: new Map(lists),
    texts: new Map(texts),
    maxRecords,
  };
}

function isList({ fieldKind }: DescField): boolean {
  return fieldKind === 'list';
}

/**
 * Throws unless bytes are whole records from the first to the last. The generated code stops at a tag that cannot be, and
 * reads a message within another past its end: it would take for a request what every other parser refuses, and perhaps for
 * another one than was meant. Returns what there is too much of, if anything: the generated code would make objects of all
 * of it, before anybody could count them.
 */
export function checkRecords(
  bytes: Uint8Array,
  shape: WireSchema,
): MalformedMessageError | undefined {
  const reader = new CountingReader(bytes, shape.maxRecords);
  walk(reader, bytes.length, shape);
  return reader.excess;
}

/** Reads no more records than there may be, be they of the message itself, of one within it, or of a group. */
class CountingReader extends BinaryReader {
  /** What there is too much of, the first that was met. */
  excess: MalformedMessageError | undefined;
  private records = 0;

  constructor(
    bytes: Uint8Array,
    private readonly maxRecords: number,
  ) {
    super(bytes);
  }

  override tag(): [number, WireType] {
    if (this.records++ === this.maxRecords) {
      throw (
        this.excess ?? new MalformedMessageError('is of more fields than any message of this type')
      );
    }
    return super.tag();
  }
}

function walk(reader: CountingReader, end: number, { messages, lists, texts }: WireSchema): void {
  const counts = new Map<number, number>();
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
    const list = lists.get(number);
    if (list !== undefined) {
      const isPacked = isDelimited && list.isOfNumbers;
      // In a list the last byte ends a number; with the list of no numbers it is that of the length.
      if (isPacked && record.at(-1)! > 127) {
        throw new RangeError('a number goes on behind the end of its list');
      }
      const count = (counts.get(number) ?? 0) + (isPacked ? numbersIn(record, list.max) : 1);
      counts.set(number, count);
      if (count > list.max) {
        reader.excess ??= new MalformedMessageError(
          `must hold at most ${list.max} values`,
          list.name,
        );
      }
    }
    const text = texts.get(number);
    if (isDelimited && text !== undefined && record.length > MAX_TEXT_BYTES) {
      reader.excess ??= new MalformedMessageError(`must be at most ${MAX_TEXT_BYTES} bytes`, text);
    }
  }
  if (reader.pos !== end) throw new RangeError('a record goes on behind the end of its message');
}

/** A number has at most so many bytes. */
const MAX_NUMBER_BYTES = 10;

/**
 * How many numbers are in a packed record, before which stands its length. One that is too long for `max` numbers counts as
 * more, without a look at its bytes: there may be millions.
 */
function numbersIn(record: Uint8Array, max: number): number {
  if (record.length > (max + 1) * MAX_NUMBER_BYTES) return max + 1;
  let ends = 0;
  for (const byte of record) if (byte < 128) ends++;
  return ends - 1;
}
