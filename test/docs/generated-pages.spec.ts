import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PROJECT, textOf } from './markdown.js';

const run = promisify(execFile);

/** The pages that need no compiler of the contract. `npm run generate:check` also compares the others. */
const GENERATORS = {
  '.env.example': 'env-example',
  'docs/settings.md': 'settings-reference',
  'docs/errors.md': 'errors-reference',
  'deploy/helm/values.schema.json': 'chart-schema',
} as const;

describe('generated pages', () => {
  it.each(Object.entries(GENERATORS))(
    '%s is what scripts/%s.mjs prints: correct the script, then run "npm run generate"',
    async (page, script) => {
      const { stdout } = await run('node', [`scripts/${script}.mjs`], { cwd: PROJECT });
      expect(textOf(page)).toBe(stdout);
    },
  );
});
