import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { ODD_KEYS, ODD_VALUES, REFUSED_VALUES } from './odd-json.js';
import { keys, textsFor, type Vocabulary } from './texts.js';
import type { Verdict } from './well-formed.js';

/** A JSON text, and the result that a client may expect. */
export interface JsonText {
  readonly bytes: Buffer;
  readonly verdict: Verdict;
}

/** A part of a JSON text. */
interface Part {
  readonly text: string;
  readonly verdict: Verdict;
}

const MAX_ITEMS = 4;

/** Generates the JSON of a message: valid, with single odd parts, or completely broken. */
export function jsonTextsOf(type: DescMessage, vocabulary: Vocabulary): fc.Arbitrary<JsonText> {
  const good = objectsOf(type, vocabulary, 0);
  const withOddParts = objectsOf(type, vocabulary, 1);
  const any = fc.oneof({ weight: 2, arbitrary: good }, { weight: 3, arbitrary: withOddParts });
  return fc.oneof(
    {
      weight: 5,
      arbitrary: any.map(({ text, verdict }) => ({ bytes: Buffer.from(text), verdict })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(any, wholes).map(([part, change]) => change(part)),
    },
  );
}

/** Generates objects in which up to `maxOdd` members of each kind are odd. */
function objectsOf(
  { members }: DescMessage,
  vocabulary: Vocabulary,
  maxOdd: number,
): fc.Arbitrary<Part> {
  const known = members.map((member) => {
    const fields = member.kind === 'oneof' ? member.fields : [member];
    const one = fc.oneof(...fields.map((field) => memberOf(field, vocabulary, maxOdd > 0)));
    return fc.array(one, { maxLength: 1 });
  });
  const unknown = fc.array(oddMembers, { maxLength: maxOdd });
  const repeats = fc.boolean();
  return fc.tuple(fc.tuple(...known), unknown, repeats).map(([all, odd, isRepeated]) => {
    const parts = [...odd, ...all.flat()];
    const isTwice = maxOdd > 0 && isRepeated && parts.length > 0;
    const texts = parts.map(({ text }) => text);
    // If a key occurs several times, most parsers take the last member.
    return {
      text: `{${(isTwice ? [...texts, texts[0]] : texts).join(',')}}`,
      verdict: isTwice ? 'disputed' : verdictOf(parts),
    };
  });
}

const oddMembers = fc
  .tuple(ODD_KEYS, fc.oneof(fc.constant('1'), ODD_VALUES))
  .map(([key, value]): Part => ({ text: `${key}:${value}`, verdict: 'malformed' }));

function memberOf(field: DescField, vocabulary: Vocabulary, maybeOdd: boolean): fc.Arbitrary<Part> {
  const one = valuesOf(field, vocabulary);
  const list = fc.array(one, { maxLength: MAX_ITEMS }).map((parts) => ({
    text: `[${parts.map(({ text }) => text).join(',')}]`,
    verdict: verdictOf(parts),
  }));
  const good = field.fieldKind === 'list' ? list : field.fieldKind === 'map' ? mapsOf(one) : one;
  const values = maybeOdd
    ? fc.oneof(
        { weight: 3, arbitrary: good },
        { weight: 1, arbitrary: ODD_VALUES.map((text): Part => ({ text, verdict: 'disputed' })) },
        {
          weight: 1,
          arbitrary: REFUSED_VALUES.map((text): Part => ({ text, verdict: 'malformed' })),
        },
      )
    : good;
  return fc
    .tuple(fc.constantFrom(jsonNameOf(field), field.name), values)
    .map(([key, { text, verdict }]) => ({ text: `${JSON.stringify(key)}:${text}`, verdict }));
}

/** Generates JSON objects for a map from strings. */
function mapsOf(one: fc.Arbitrary<Part>): fc.Arbitrary<Part> {
  const entries = fc.uniqueArray(fc.tuple(keys, one), {
    maxLength: MAX_ITEMS,
    selector: ([key]) => key,
  });
  return entries.map((all) => ({
    text: `{${all.map(([key, { text }]) => `${JSON.stringify(key)}:${text}`).join(',')}}`,
    verdict: verdictOf(all.map(([, part]) => part)),
  }));
}

/** The descriptors used here lack the JSON names of fields. */
function jsonNameOf({ name }: DescField): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function valuesOf(field: DescField, vocabulary: Vocabulary): fc.Arbitrary<Part> {
  if (field.message?.typeName === 'google.protobuf.Timestamp') return times;
  if (field.message?.typeName === 'google.protobuf.Duration') return durations;
  if (field.message !== undefined) return objectsOf(field.message, vocabulary, 0);
  if (field.enum !== undefined) {
    const names = field.enum.values.map(({ name }) => JSON.stringify(name));
    const numbers = [...field.enum.values.map(({ number }) => String(number)), '77', '-1'];
    return fc.constantFrom(...names, ...numbers).map(message);
  }
  switch (field.scalar) {
    case ScalarType.STRING:
      return fc.tuple(textsFor(field.name, vocabulary), fc.boolean()).map(([text, isEscaped]) => ({
        text: isEscaped ? escaped(text) : JSON.stringify(text),
        verdict: text.isWellFormed() ? 'message' : 'malformed',
      }));
    case ScalarType.BOOL:
      return fc.constantFrom('true', 'false').map(message);
    case ScalarType.INT32:
      return integers.map(message);
    case ScalarType.UINT64:
      return longIntegers;
    default:
      throw new Error(`the fuzzer does not know the JSON of ${field.toString()} yet`);
  }
}

const integers = fc.oneof(
  fc
    .tuple(
      fc.integer({ min: -3, max: 1002 }),
      fc.constantFrom(
        (n: number) => `${n}`,
        (n: number) => `"${n}"`,
        (n: number) => `${n}.0`,
        (n: number) => `${n}e0`,
      ),
    )
    .map(([number, write]) => write(number)),
  fc.constantFrom('1e2', '1E+2', '100e-2', '-0', '0.0', '2147483647', '-2147483648', '21474e4'),
);

/** From 2^53 on as strings, because JSON numbers are not exact there. */
const longIntegers: fc.Arbitrary<Part> = fc.oneof(
  fc.constantFrom('0', '1', '"1"', '1e3', '9007199254740991', '"9007199254740992"').map(message),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((number) => message(`"${number}"`)),
  fc
    .integer({ min: -5, max: 5 })
    .map((seconds) => message(`"${(BigInt(Date.now()) + BigInt(seconds * 1000)) * 1000n}"`)),
  fc
    .constantFrom('-1', '"-1"', '"18446744073709551616"', '1.5', '"1.5"', '1e30')
    .map((text): Part => ({ text, verdict: 'malformed' })),
);

const times = fc.oneof(
  fc
    .integer({ min: 1, max: 100_000 })
    .map((after) => message(JSON.stringify(new Date(Date.now() + after * 1000).toISOString()))),
  fc
    .constantFrom(
      '0000-01-01T00:00:00Z',
      '9999-12-31T23:59:60Z',
      '+275760-09-13T00:00:00Z',
      'x',
      '',
    )
    .map((text): Part => ({ text: JSON.stringify(text), verdict: 'disputed' })),
);

const durations = fc.oneof(
  fc.integer({ min: -1, max: 86_401 }).map((seconds) => message(`"${seconds}s"`)),
  fc
    .constantFrom('1', '1.0000000001s', '999999999999s', 's', '')
    .map((text): Part => ({ text: JSON.stringify(text), verdict: 'disputed' })),
);

function message(text: string): Part {
  return { text, verdict: 'message' };
}

function escaped(text: string): string {
  const units = text.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}

function verdictOf(parts: readonly Part[]): Verdict {
  const verdicts = parts.map(({ verdict }) => verdict);
  if (verdicts.includes('disputed')) return 'disputed';
  return verdicts.includes('malformed') ? 'malformed' : 'message';
}

type Change = (part: Part) => JsonText;

const as =
  (verdict: Verdict, change: (text: string) => string | Buffer): Change =>
  ({ text }) => ({ bytes: Buffer.from(change(text) as string), verdict });

/** Changes of a complete text. */
const wholes: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom(
    // Parsers may skip or reject a byte order mark.
    as('disputed', (text) => `\ufeff${text}`),
    as('malformed', (text) => `\ufeff\ufeff${text}`),
    as('malformed', (text) => `${text}${text}`),
    as('malformed', (text) => `${text}\0`),
    as('malformed', (text) => `${text},`),
    as('malformed', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')),
    as('malformed', (text) => Buffer.concat([Buffer.from(text), Buffer.from([0xed, 0xa0, 0x80])])),
    as('malformed', (text) =>
      Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xf0, 0x9f])]),
    ),
    as('malformed', () => '\u{1F600}'.repeat(300)),
    as('malformed', () => ''),
    as('malformed', () => '"\\ud800"'),
    as('malformed', () => '1e999999'),
  ),
  fc
    .tuple(fc.constantFrom(1, 100, 50_000), fc.boolean())
    .map(([depth, isClosed]) =>
      as('malformed', (text) => '['.repeat(depth) + text + (isClosed ? ']'.repeat(depth) : '')),
    ),
  fc
    .double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
    .map((at) => as('malformed', (text) => text.slice(0, Math.floor(at * text.length)))),
  fc.constant<Change>(({ text, verdict }) => ({ bytes: Buffer.from(` \r\n\t${text} `), verdict })),
);
