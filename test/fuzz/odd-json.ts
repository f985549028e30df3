import fc from 'fast-check';

const EMOJI = '\u{1F600}';

/** Lone surrogates in JSON notation, alone and next to other text. */
const halves = fc
  .tuple(
    fc.constantFrom('', 'x', EMOJI),
    fc.constantFrom(
      '\\ud800',
      '\\udbff',
      '\\udc00',
      '\\udfff',
      '\\udc00\\ud800',
      '\\ud83d\\ud83d\\ude00',
    ),
    fc.constantFrom('', 'x', '\\n', EMOJI),
  )
  .map((parts) => `"${parts.join('')}"`);

/**
 * Texts of emoji. If a text is truncated after any number of UTF-16 units or bytes, one of them is
 * split.
 */
const emojis = fc
  .tuple(fc.nat(4), fc.constantFrom(50, 100, 150, 600, 4000))
  .map(([before, count]) => `"${'x'.repeat(before)}${EMOJI.repeat(count)}"`);

const controls = fc.constantFrom(
  '"\\u0000"',
  '"a\\r\\nb: c"',
  '"\\u001b[31m"',
  '"\\u007f\\u0085"',
  '"\\u2028"',
  '"\\u202e\\u2066"',
  '"%"',
  '"%ED%A0%80"',
);

const deep = fc
  .tuple(
    fc.constantFrom(1, 50, 101, 20_000),
    fc.constantFrom(['[', ']'], ['{"a":', '}'], ['{"__proto__":', '}']),
  )
  .map(([depth, [open, close]]) => `${open.repeat(depth)}1${close.repeat(depth)}`);

/** Keys that no message has. */
export const ODD_KEYS: fc.Arbitrary<string> = fc.oneof(
  halves,
  emojis,
  controls,
  fc.constantFrom('"__proto__"', '"constructor"', '"toString"', '""', '"@type"', '"[a.b]"', '"$"'),
  fc.constantFrom(1000, 20_000).map((length) => `"${'k'.repeat(length)}"`),
);

/** JSON values that some fields accept and others reject. */
export const ODD_VALUES: fc.Arbitrary<string> = fc.oneof(
  halves,
  emojis,
  controls,
  deep,
  fc.constantFrom(
    ...['null', '[]', '{}', '[null]', 'true', '""', '"x"', '{"__proto__":{"channelId":"x"}}'],
    ...['1e999999', '-1e999999', '1e400', '1e-400', '-0', '1.5', '1E+2', '1e2', '"1e2"', '"1.0"'],
    ...['2147483648', '-2147483649', '9007199254740993', '18446744073709551616'],
    ...['"NaN"', '"Infinity"', '" 1"', '"0x10"'],
  ),
  fc.constant('9'.repeat(5000)),
);

/** Values that are not valid JSON, or that no field of the contract accepts. */
export const REFUSED_VALUES: fc.Arbitrary<string> = fc.oneof(
  halves,
  fc.constantFrom(
    ...[
      'NaN',
      'Infinity',
      '01',
      '+1',
      '.5',
      '1.',
      '0x10',
      '1e',
      'undefined',
      "'x'",
      '',
      ',',
      '/**/1',
    ],
    ...['"\n"', '"\x00"', '"\x1b"', '"\\x"', '"\\u12"', '"\\ud83"'],
    ...['1e999999', '1.5', '[[1]]', '{"\\ud800":1}', '{"__proto__":1}'],
  ),
);
