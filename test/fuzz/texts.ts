import fc from 'fast-check';

/**
 * Returns existing values for a field of a given name in a running service: ids, tokens and so on.
 */
export type Vocabulary = (field: string) => readonly string[];

const EDGES = [
  ...[
    '',
    ' ',
    '\0',
    '\t',
    '\n',
    '\x1b[31m',
    '\x7f',
    '\x80',
    '\x9f',
    '\u2028',
    '\ufeff',
    '\ufffe',
    '\u{10ffff}',
  ],
  ...[
    '\u202e',
    '\u2066',
    '\u200b',
    '\ud83d\ude00',
    'e\u0301',
    '%',
    '%00',
    '%zz',
    '*',
    '../..',
    '{}',
    '__proto__',
    'constructor',
  ],
];

/** Keys of maps: valid, reserved by JavaScript, and invalid. */
export const keys = fc.constantFrom('doc', 'typing', '__proto__', 'constructor', 'a b', '', 'ä');

/** Lengths around all limits. */
const LENGTHS = [32, 33, 127, 128, 129, 256, 3000, 3001, 10_000];

const odd = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc
    .tuple(fc.constantFrom('x', 'é', '😀'), fc.constantFrom(...LENGTHS))
    .map(([unit, length]) => unit.repeat(length)),
  fc.base64String({ maxLength: 40 }),
);

/** Generates texts for a field: mostly valid, sometimes nearly valid, sometimes arbitrary. */
export function textsFor(field: string, vocabulary: Vocabulary): fc.Arbitrary<string> {
  // Read at each use, because sessions end and tokens become outdated.
  const known = fc.nat().map((index) => {
    const words = vocabulary(field);
    return words.length === 0 ? 'x' : words[index % words.length]!;
  });
  const nearly = fc
    .tuple(
      known,
      fc.nat(),
      fc.oneof(fc.constant(''), fc.string({ unit: 'binary-ascii', maxLength: 2 })),
    )
    .map(([text, place, instead]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + instead + text.slice(at + 1);
    });
  return fc.oneof(
    { weight: 8, arbitrary: known },
    { weight: 1, arbitrary: nearly },
    { weight: 2, arbitrary: odd },
  );
}
