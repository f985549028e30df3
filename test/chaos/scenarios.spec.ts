import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scenarios, SHORT } from './scenarios.js';

const PAGE = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8');

describe('The scenarios', () => {
  it('are those of docs/reliability.md, with the same faults and promises', () => {
    const rows = PAGE.matchAll(/^\| `([a-z-]+)` +\| (.+?) +\| (yes|) *\|$/gm);
    const described = Array.from(rows, ([, name = '', about, yes]) => ({
      name,
      about,
      everyEvent: yes === 'yes',
    }));
    const actual = scenarios.map(({ name, about, promises }) => ({
      name,
      about,
      everyEvent: promises?.everyEvent ?? false,
    }));
    expect(byName(described)).toEqual(byName(actual));
  });

  it('have the number that docs/reliability.md gives', () => {
    expect(PAGE).toContain(`all ${scenarios.length} scenarios`);
  });

  it('of the short form exist', () => {
    expect(scenarios.map(({ name }) => name)).toEqual(expect.arrayContaining([...SHORT]));
  });
});

function byName<T extends { readonly name: string }>(rows: readonly T[]): readonly T[] {
  return rows.toSorted((a, b) => a.name.localeCompare(b.name));
}
