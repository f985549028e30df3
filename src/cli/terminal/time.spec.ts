import { describe, expect, it } from 'vitest';
import { timeInWords } from './time.js';

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
