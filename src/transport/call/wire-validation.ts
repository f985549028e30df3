import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { MalformedMessageError } from './lazy-request.js';

/**
 * The number of records (encoded fields) that a message may have in addition to its lists. No more fit into a small
 * request of 8 KiB.
 */
const MAX_OTHER_RECORDS = 4096;

/** The maximum size of a string in bytes. It is more than any valid id, token or text has. */
export const MAX_TEXT_BYTES = 4096;

/** A repeated field of a message. */
interface List {
  /** Its path within the request. */
  readonly name: string;
  /** The maximum number of values. */
  readonly max: number;
  /** Whether the values are numbers, which may be packed into one record. */
  readonly isOfNumbers: boolean;
}

/** The fields of a message type that need checks, with their limits. */
export interface WireSchema {
  readonly messages: ReadonlyMap<number, WireSchema>;
  readonly lists: ReadonlyMap<number, List>;
  /** The paths of the string fields. */
  readonly texts: ReadonlyMap<number, string>;
  /** The maximum number of records, including those of nested messages. */
  readonly maxRecords: number;
}

/**
 * Returns the schema of a message type. The type must not contain itself or lists of numbers of fixed length; no
 * request type does. `limits` gives the maximum number of values of each list by name. `path` is the path from the
 * request to this type, with a dot at the end.
 */
export function wireSchemaOf(
  { fields, typeName }: DescMessage,
  limits: Readonly<Record<string, number>> = {},
  path = '',
): WireSchema {
  const messages = fields.flatMap((field) => {
    const { number, name, message } = field;
    if (isMap(field)) return [[number, mapEntrySchema(path + name)] as const];
    return message === undefined
      ? []
      : [[number, wireSchemaOf(message, limits, `${path}${name}.`)] as const];
  });
  const lists = fields.filter(isList).map(({ number, name, scalar }) => {
    const max = limits[name];
    if (max === undefined) throw new Error(`no limit for ${name} of ${typeName}`);
    return [number, { name: path + name, max, isOfNumbers: scalar !== ScalarType.STRING }] as const;
  });
  const texts = fields
    .filter((field) => field.scalar === ScalarType.STRING && !isMap(field))
    .map(({ number, name }) => [number, path + name] as const);
  const maxRecords = lists.reduce((sum, [, { max }]) => sum + max, MAX_OTHER_RECORDS);
  return {
    messages: new Map(messages),
    lists: new Map(lists),
    texts: new Map(texts),
    maxRecords,
  };
}

/** A map is a list of entries on the wire. */
function isList({ fieldKind }: DescField): boolean {
  return fieldKind === 'list' || fieldKind === 'map';
}

function isMap({ fieldKind }: DescField): boolean {
  return fieldKind === 'map';
}

/** The schema of one entry of a map from strings to strings. No request type has another map. */
function mapEntrySchema(path: string): WireSchema {
  // Errors name the field of the contract, which has no name for the parts of an entry.
  const texts = new Map([
    [1, path],
    [2, path],
  ]);
  return { messages: new Map(), lists: new Map(), texts, maxRecords: MAX_OTHER_RECORDS };
}

/**
 * Checks a message before the generated code decodes it. Throws unless the bytes consist of complete records. The
 * generated code stops at an invalid tag and reads a nested message past its end, so it would accept requests that
 * other parsers reject, or decode a different request.
 *
 * Returns an error if a limit is exceeded. The generated code would create objects for all values before they can be
 * counted.
 */
export function checkRecords(
  bytes: Uint8Array,
  shape: WireSchema,
): MalformedMessageError | undefined {
  const reader = new CountingReader(bytes, shape.maxRecords);
  walk(reader, bytes.length, shape);
  return reader.excess;
}

/** A reader that throws after `maxRecords` records, including those of nested messages and groups. */
class CountingReader extends BinaryReader {
  /** The first exceeded limit. */
  excess: MalformedMessageError | undefined;
  private records = 0;

  constructor(
    bytes: Uint8Array,
    private readonly maxRecords: number,
  ) {
    super(bytes);
  }

  /** Skips the value of a record with a length. `skip` would also create a view of its bytes. */
  skipDelimited(): void {
    const length = this.uint32();
    this.pos += length;
    if (this.pos > this.len) throw new RangeError('a record exceeds the end of the request');
  }

  override tag(): [number, WireType] {
    if (this.records++ === this.maxRecords) {
      throw (
        this.excess ??
        new MalformedMessageError('has more fields than a message of this type may have')
      );
    }
    return super.tag();
  }
}

function walk(reader: CountingReader, end: number, { messages, lists, texts }: WireSchema): void {
  // Created for the first list only, because most requests have none.
  let counts: Map<number, number> | undefined;
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    const isDelimited = wireType === WireType.LengthDelimited;
    const inner = isDelimited ? messages.get(number) : undefined;
    if (inner !== undefined) {
      const length = reader.uint32();
      walk(reader, reader.pos + length, inner);
      continue;
    }
    const list = lists.get(number);
    const start = reader.pos;
    if (list !== undefined) {
      const isPacked = isDelimited && list.isOfNumbers;
      const record = reader.skip(wireType, number);
      // The last byte of a packed list must end a number. In an empty list, the last byte is that of the length prefix.
      if (isPacked && record.at(-1)! > 127) {
        throw new RangeError('a number exceeds the end of its list');
      }
      counts ??= new Map();
      const count = (counts.get(number) ?? 0) + (isPacked ? numbersIn(record, list.max) : 1);
      counts.set(number, count);
      if (count > list.max) {
        reader.excess ??= new MalformedMessageError(
          `must hold at most ${list.max} values`,
          list.name,
        );
      }
    } else if (isDelimited) reader.skipDelimited();
    else reader.skip(wireType, number);
    const text = isDelimited ? texts.get(number) : undefined;
    if (text !== undefined && reader.pos - start > MAX_TEXT_BYTES) {
      reader.excess ??= new MalformedMessageError(`must be at most ${MAX_TEXT_BYTES} bytes`, text);
    }
  }
  if (reader.pos !== end) throw new RangeError('a record exceeds the end of its message');
}

/** The maximum size of an encoded number in bytes. */
const MAX_NUMBER_BYTES = 10;

/**
 * Returns the number of values in a packed record, which starts with its length. If the record is too long for `max`
 * numbers, returns more than `max` without reading the bytes, because there may be millions.
 */
function numbersIn(record: Uint8Array, max: number): number {
  if (record.length > (max + 1) * MAX_NUMBER_BYTES) return max + 1;
  let ends = 0;
  for (const byte of record) if (byte < 128) ends++;
  return ends - 1;
}
