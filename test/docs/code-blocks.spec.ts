import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { allSettings } from '../../src/config/settings.js';
import { mistakesIn } from './compiled.js';
import { blocksOf, pages, PROJECT, textOf, type Block } from './markdown.js';
import { treatmentOf } from './treatment.js';

const blocks = pages().flatMap(blocksOf);
const { scripts } = JSON.parse(readFileSync(`${PROJECT}package.json`, 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

describe('A block of code in the documentation', () => {
  it.each(named(blocks))('is run, compiled or parsed, or says why not: %s', (_, block) => {
    const treatment = treatmentOf(block);
    const tests = treatment.type === 'leave' ? treatment.why.match(/[\w/.-]+[.-]spec[.]ts/g) : [];
    for (const test of tests ?? []) expect(existsSync(`${PROJECT}${test}`), test).toBe(true);
  });

  it('needs such a word when its language is not known', () => {
    const block: Block = { at: 'here', language: 'cobol', code: 'STOP RUN.', note: '' };
    expect(() => treatmentOf(block)).toThrow('nobody knows how to test "cobol"');
    expect(treatmentOf({ ...block, note: 'not run: too old' }).type).toBe('leave');
    expect(() => treatmentOf({ ...block, note: 'not now' })).toThrow('what "not now" asks for');
  });

  it.each(pages())('begins at the margin, or it would not be found in %s', (page) => {
    expect(textOf(page)).not.toMatch(/^([ \t]+```|[ \t]*~~~)/m);
  });

  it.each(pages())(
    'shows what it says when it goes on, or nobody would wait for it: %s',
    (page) => {
      const treatments = blocksOf(page).map(treatmentOf);
      const waitedFor = treatments.filter((treatment) => treatment.type !== 'leave');
      for (const [i, treatment] of waitedFor.entries()) {
        if (treatment.type !== 'run' || !treatment.goesOn) continue;
        expect(waitedFor[i + 1]).toEqual({ type: 'output', afterInterrupt: false });
      }
    },
  );

  it.each(named(blocks.filter(({ language }) => language === 'sh')))(
    'is good shell, and names scripts that there are: %s',
    (_, { code }) => {
      execFileSync('bash', ['-n'], { input: withRepository(code), stdio: 'pipe' });
      const used = [...code.matchAll(/\bnpm run (?:-s )?([\w:]+)(?!.*--prefix)/g)];
      expect(Object.keys(scripts)).toEqual(
        expect.arrayContaining(used.map(([, script]) => script)),
      );
    },
  );

  it('with settings is read as the service reads it', () => {
    expect(
      mistakesInSettings('MAX_SESSIONS_PER_NODE=5 # a few\nHTTP_API=yes\nMAX_SESSION=5'),
    ).toEqual(['HTTP_API=yes', 'MAX_SESSION=5']);
  });

  it.each(named(blocks.filter((block) => treatmentOf(block).type === 'parse')))(
    'holds what can be read: %s',
    (_, { language, code }) => {
      if (language === 'json') JSON.parse(code);
      else expect(mistakesInSettings(code)).toEqual([]);
    },
  );

  it('compiles, put together with those before it on the page', () => {
    const programs = pages().map((page) => [page, programOf(page)] as const);
    const written = programs.filter(([, program]) => program !== '');
    expect(written.length).toBeGreaterThan(0);
    const wrong = `import { createPresenceClient } from '@presence-service/client';\ncreatePresenceClient({});`;
    const mistakes = mistakesIn([...written.map(([, program]) => program), wrong]);
    // Proves that the checks can find a mistake.
    expect(mistakes.pop()).toHaveLength(1);
    expect(mistakes.map((found, i) => [written[i]![0], found])).toEqual(
      written.map(([page]) => [page, []]),
    );
  });
});

/** Returns the lines of a settings file with which the service would not start. */
function mistakesInSettings(code: string): readonly string[] {
  const lines = Object.entries(parseEnv(code)).map(([name, value = '']) => [name, value] as const);
  return lines
    .filter(([name, value]) => {
      const setting = allSettings.find((each) => each.name === name);
      return setting?.type.read(value) === undefined;
    })
    .map(([name, value]) => `${name}=${value}`);
}

/** Inserts the repository path, as a reader would. */
function withRepository(code: string): string {
  return code.replace('<this repository>', PROJECT);
}

function programOf(page: string): string {
  const parts = blocksOf(page).filter((block) => treatmentOf(block).type === 'compile');
  return parts.map(({ code }) => code).join('\n');
}

function named(some: readonly Block[]): [string, Block][] {
  return some.map((block) => [block.at, block]);
}
