import { describe, expect, it } from 'vitest';
import { user } from '../../test/support/users.js';
import { agoInWords, clockTime, idleInWords, inWords, spanInWords } from './time-in-words.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('Time in words', () => {
  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [7 * MINUTE + 1, '7 min'],
    [HOUR, '1 h'],
    [2 * HOUR + 5 * MINUTE, '2 h 5 min'],
    [49 * HOUR, '2 d 1 h'],
  ])('formats %d ms as %s', (ms, expected) => expect(spanInWords(ms)).toBe(expected));

  it('formats times in the past and in the future', () => {
    expect(agoInWords(new Date(0), 5000)).toBe('5 s ago');
    expect(agoInWords(new Date(0), 0)).toBe('just now');
    expect(agoInWords(undefined, 0)).toBe('at an unknown time');
    expect(inWords(new Date(5000), 0)).toBe('in 5 s');
    expect(inWords(new Date(0), 5000)).toBe('any moment');
    expect(inWords(undefined, 0)).toBe('at an unknown time');
  });

  it('describes how long the user of a presence was idle', () => {
    const lastActiveAt = new Date(0);
    expect(idleInWords(user('ann'), MINUTE)).toBe('active');
    expect(idleInWords(user('ann', { status: 'idle', lastActiveAt }), MINUTE)).toBe('1 min');
    expect(idleInWords(user('ann', { status: 'away', lastActiveAt }), MINUTE)).toBe('\u2264 1 min');
    expect(idleInWords(user('ann', { status: 'away', lastActiveAt: undefined }), 0)).toBe('');
  });

  it('reads a clock', () => expect(clockTime(new Date(2026, 0, 1, 9, 5, 7))).toBe('09:05:07'));
});
