import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Setting, settings } from './settings.js';

const table = Object.entries(settings) as [string, Setting<unknown>][];
const example = readFileSync('.env.example', 'utf8');

/** Returns the blocks of comment lines that end in `# NAME=default`. */
function examples(): { name: string; default: string; meaning: string }[] {
  return example.split('\n\n').flatMap((block) => {
    const [, comment = '', name, fallback = ''] =
      /^((?:#.*\n)*)# ([A-Z][A-Z0-9_]*)=(.*)\n?$/.exec(block) ?? [];
    const meaning = comment.replaceAll(/^# ?/gm, '').trim().replaceAll('\n', ' ');
    return name === undefined ? [] : [{ name, default: fallback, meaning }];
  });
}

describe('settings', () => {
  it.each(table.filter(([, setting]) => setting.default !== ''))(
    'has a default that is allowed for %s',
    (_, setting) => expect(setting.kind.read(setting.default)).toBeDefined(),
  );

  it('explains every setting in a sentence', () => {
    for (const [, { description: meaning }] of table) expect(meaning).toMatch(/^["A-Z].*\.$/);
  });
});

describe('.env.example', () => {
  it('lists every setting with its meaning and default, in the order of the table, and no other', () => {
    expect(examples()).toEqual(
      table.map(([name, setting]) => ({
        name,
        default: setting.default,
        meaning: setting.description,
      })),
    );
  });

  it('sets nothing, so that a copy of it changes nothing', () => {
    for (const line of example.split('\n')) expect(line).toMatch(/^(#.*)?$/);
  });
});
