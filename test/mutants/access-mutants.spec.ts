import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mutate } from '../chaos/mutants.js';
import { accessMutants } from './access-mutants.js';

describe('A mutant of access', () => {
  it.each(accessMutants)(
    'replaces code that exists: $name',
    ({ edits, caughtBy: [file, test] }) => {
      for (const edit of edits) {
        const source = new URL(`../../src/${edit.file}`, import.meta.url);
        expect(mutate(readFileSync(source, 'utf8'), edit)).toContain(edit.replace);
      }
      expect(existsSync(new URL(`../../${file}`, import.meta.url))).toBe(true);
      expect(test).not.toBe('');
    },
  );
});
