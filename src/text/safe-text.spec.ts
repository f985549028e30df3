import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { describeError, safeLines, safeText } from './safe-text.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  // Any UTF-16 string, with lone surrogates.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }))
    .map((units) => units.map((unit) => String.fromCharCode(unit)).join('')),
);

describe('Text of a client in a message', () => {
  it('does not change printable text', () => {
    expect(safeText('channel "café" 😀 \\u{0}')).toBe('channel "café" 😀 \\u{0}');
  });

  it('escapes unprintable characters', () => {
    expect(safeText('a\ud800b\u001b[31m\r\n\u202e\u2028\0')).toBe(
      'a\\u{d800}b\\u{1b}[31m\\u{d}\\u{a}\\u{202e}\\u{2028}\\u{0}',
    );
  });

  it('is shortened between characters, with a mark', () => {
    expect(safeText('😀😀😀', 2)).toBe('😀😀…');
    expect(safeText('😀😀', 2)).toBe('😀😀');
    expect(safeText('abc', 2)).toBe('ab…');
  });

  it('can be encoded for any header and is one line, for every input', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 300 }), (text, max) => {
        const safe = safeText(text, max);
        expect(safe.isWellFormed()).toBe(true);
        encodeURI(safe);
        expect(safe).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029]/u);
        expect([...safe].length).toBeLessThanOrEqual(max * 10 + 1);
      }),
    );
  });

  it('does not take longer the longer the text is', () => {
    const text = 'é'.repeat(20_000_000);
    expect(safeText(text)).toBe(`${'é'.repeat(200)}…`);
  });
});

describe('An error in the log', () => {
  it('has its message on one line, and its stack below', () => {
    const error = new Error('boom\nFATAL forged\ud800');
    expect(describeError(error)).toMatch(/^Error: boom\\u\{a\}FATAL forged\\u\{d800\}\n {4}at /);
  });

  it('may be anything that was thrown', () => {
    expect(describeError(Object.create(null))).toBe('[Object: null prototype] {}');
    expect(describeError('\n')).toBe("'\\n'");
    const bare = new Error('bare\n');
    delete bare.stack;
    expect(describeError(bare)).toBe('bare\\u{a}');
  });

  it('keeps line feeds and tabs of several lines, and nothing else that a terminal obeys', () => {
    expect(safeLines('a\n\tb\u001b[2J\u2028\r')).toBe('a\n\tb\\u{1b}[2J\\u{2028}\\u{d}');
  });
});
