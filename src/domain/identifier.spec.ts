import { describe, expect, it } from 'vitest';
import { hasMaxLength, isIdentifier } from './identifier.js';

describe('An identifier', () => {
  it('is any text of 1 to 128 characters', () => {
    for (const id of ['a', '0', ' ', 'user@example.org', 'Ü/ß?#', '家族', 'x'.repeat(128)]) {
      expect(isIdentifier(id), id).toBe(true);
    }
    for (const id of ['', 'x'.repeat(129)]) expect(isIdentifier(id), id).toBe(false);
  });

  it('is counted in characters, not in UTF-16 code units', () => {
    expect(isIdentifier('👍'.repeat(128))).toBe(true);
    expect(isIdentifier('👍'.repeat(129))).toBe(false);
    expect(isIdentifier('x'.repeat(100_000))).toBe(false);
  });

  it('has no control character, and no unpaired surrogate', () => {
    for (const id of ['a\nb', '\0', 'a\u007f', 'a\u0085', '\ud83d', 'a\udc4d']) {
      expect(isIdentifier(id)).toBe(false);
    }
  });

  it('is checked for control characters as Unicode defines them', () => {
    for (let unit = 0; unit <= 0xffff; unit++) {
      const character = String.fromCharCode(unit);
      expect(isIdentifier(`a${character}`), String(unit)).toBe(!/[\p{Cc}\p{Cs}]/u.test(character));
    }
  });

  it('is a string', () => {
    for (const value of [undefined, null, 7, {}, ['a']]) expect(isIdentifier(value)).toBe(false);
  });
});

describe('A maximum length', () => {
  it('counts characters outside the basic plane once', () => {
    expect([hasMaxLength('👍👍', 2), hasMaxLength('👍👍a', 2), hasMaxLength('aaa', 2)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
