import { describe, expect, it } from 'vitest';
import { escapeControls, jsonLine, timeInWords } from './text.js';

it('text of others neither paints the terminal, breaks the line nor turns the text around it', () => {
  expect(escapeControls('a\u001b[31mb\nc\u0007\u202ed')).toBe(
    'a\\u{1b}[31mb\\u{a}c\\u{7}\\u{202e}d',
  );
});

it('text of others is left as it is otherwise', () => {
  expect(escapeControls('Grüße, 日本 👩‍💻')).toBe('Grüße, 日本 👩‍💻');
});

it('a line of JSON has versions and times as text, and null for an absent value', () => {
  const value = { version: 2n ** 60n, since: new Date(0), channelId: undefined, text: 'a\nb' };
  expect(jsonLine(value)).toBe(
    '{"version":"1152921504606846976","since":"1970-01-01T00:00:00.000Z","channelId":null,"text":"a\\nb"}',
  );
});

describe('A time in words', () => {
  it('says nothing of a time that there cannot be', () => {
    expect(timeInWords(new Date(NaN))).toBe('');
    expect(timeInWords(undefined)).toBe('');
  });

  const now = new Date(2030, 0, 9, 18, 0);

  it('is the hour today, and has the day in front otherwise', () => {
    expect(timeInWords(new Date(2030, 0, 9, 8, 5, 3), now)).toBe('08:05:03');
    expect(timeInWords(new Date(2030, 0, 8, 23, 59, 59), now)).toBe('2030-01-08 23:59:59');
  });

  it('is empty where there is none', () => {
    expect(timeInWords(undefined)).toBe('');
  });
});
