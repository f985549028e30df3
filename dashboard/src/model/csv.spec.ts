import { describe, expect, it } from 'vitest';
import { csv } from './csv.js';

function cell(text: string): string {
  return csv([[text]]).slice(1, -2);
}

describe('A CSV file', () => {
  it('has lines that end as RFC 4180 says, and a mark that it is UTF-8', () => {
    const file = csv([
      ['user', 'text'],
      ['Zoë', ''],
    ]);
    expect(file).toBe('\u{feff}user,text\r\nZoë,\r\n');
  });

  it.each([
    ['plain', 'plain'],
    ['two words', 'two words'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\r\nlines', '"two\r\nlines"'],
    [' spaced ', '" spaced "'],
  ])('quotes %j where it must', (text, written) => {
    expect(cell(text)).toBe(written);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠x'])(
    'has the text %j, which spreadsheets would run as a formula, behind an apostrophe',
    (text) => {
      expect(cell(text)).toBe(`"'${text}"`);
    },
  );

  it('has no formula behind a quote', () => {
    expect(cell('=HYPERLINK("http://a","b")')).toBe(`"'=HYPERLINK(""http://a"",""b"")"`);
    expect(cell('"=1+1"')).toBe('"""=1+1"""');
    expect(cell('1=1')).toBe('1=1');
  });
});
