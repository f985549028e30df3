import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allChecks } from './checks/all-checks.js';
import { mutants, mutate } from './mutants.js';
import { scenarios } from './scenarios.js';

describe('A mutant', () => {
  for (const { name, scenario, caughtBy, edits } of mutants) {
    it(`with ${name} replaces code that exists, in a scenario and for checks that exist`, () => {
      for (const edit of edits) {
        const source = new URL(`../../src/${edit.file.replace('.js', '.ts')}`, import.meta.url);
        expect(mutate(readFileSync(source, 'utf8'), edit)).toContain(edit.replace);
      }
      expect(scenarios.map((one) => one.name)).toContain(scenario);
      expect(allChecks.map((check) => check.name)).toEqual(expect.arrayContaining([...caughtBy]));
    });
  }

  it('is rejected if its line does not exist, or exists more than once', () => {
    const edit = { file: 'a.js', find: 'rule()', replace: '' };
    expect(mutate('before rule() after', edit)).toBe('before  after');
    expect(() => mutate('nothing', edit)).toThrow('a.js no longer says: rule()');
    expect(() => mutate('rule() rule()', edit)).toThrow('a.js says more than once: rule()');
  });
});
