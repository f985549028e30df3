import { describe, expect, it } from 'vitest';
import { pastTimeOption, timeOption } from './time.js';

const NOW = new Date(2026, 10, 30, 14, 30, 15);

describe('A time on the command line', () => {
  it.each([
    ['15:00', new Date(2026, 10, 30, 15, 0)],
    ['14:31', new Date(2026, 10, 30, 14, 31)],
    ['14:30', new Date(2026, 11, 1, 14, 30)],
    ['9:05', new Date(2026, 11, 1, 9, 5)],
    ['2026-11-30T15:00Z', new Date('2026-11-30T15:00:00Z')],
    ['2026-11-30T15:00:30+02:00', new Date('2026-11-30T13:00:30Z')],
  ])('is the next such local time, or the given instant: %s', (text, time) => {
    expect(timeOption(text, NOW)).toEqual(time);
  });

  it.each(['', '24:00', '15:60', '15', '3pm', 'tomorrow', '2026-13-01T00:00Z', '1'])(
    'is rejected if it has another form: "%s"',
    (text) => {
      expect(() => timeOption(text, NOW)).toThrow('It must be a time such as 15:00');
    },
  );
});

describe('A time in the past on the command line', () => {
  it.each([
    ['now', undefined],
    ['14:30', new Date(2026, 10, 30, 14, 30)],
    ['9:05', new Date(2026, 10, 30, 9, 5)],
    ['14:31', new Date(2026, 10, 29, 14, 31)],
    ['2026-11-30T15:00Z', new Date('2026-11-30T15:00:00Z')],
    ['2026-11-30T15:00:30+02:00', new Date('2026-11-30T13:00:30Z')],
  ])('is the last such local time, or the given instant: %s', (text, time) => {
    expect(pastTimeOption(text, NOW)).toEqual(time);
  });

  it.each(['', '24:00', '15:60', '15', '3pm', 'yesterday', '2026-13-01T00:00Z', '1'])(
    'is rejected if it has another form: "%s"',
    (text) => {
      expect(() => pastTimeOption(text, NOW)).toThrow('It must be now, or a time such as 15:00');
    },
  );
});
