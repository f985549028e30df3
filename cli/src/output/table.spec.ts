import { describe, expect, it } from 'vitest';
import { type Column, table } from './table.js';

interface Person {
  readonly name: string;
  readonly mood: string;
}

const COLUMNS: readonly Column<Person>[] = [
  { title: 'NAME', textOf: ({ name }) => name },
  { title: 'MOOD', textOf: ({ mood }) => mood },
];

describe('A table', () => {
  it('makes each column as wide as it must be, and leaves nothing behind the last', () => {
    const people = [
      { name: 'ann', mood: 'well' },
      { name: 'christopher', mood: '' },
    ];
    expect(table(COLUMNS, people)).toEqual([
      'NAME         MOOD',
      'ann          well',
      'christopher',
    ]);
  });

  it('counts a character of two columns as two', () => {
    const people = [
      { name: '日本', mood: 'a' },
      { name: '👩‍💻x', mood: 'b' },
      { name: 'abcde', mood: 'c' },
    ];
    expect(table(COLUMNS, people)).toEqual(['NAME   MOOD', '日本   a', '👩‍💻x    b', 'abcde  c']);
  });

  it('is not widened by colours', () => {
    const red = (_: Person, text: string) => `\u001b[31m${text}\u001b[39m`;
    const columns = [{ ...COLUMNS[0]!, paint: red }, COLUMNS[1]!];
    expect(table(columns, [{ name: 'ann', mood: 'well' }])[1]).toBe(
      '\u001b[31mann\u001b[39m   well',
    );
  });
});
