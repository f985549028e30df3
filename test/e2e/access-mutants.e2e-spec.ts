import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { accessMutants } from '../mutants/access-mutants.js';
import { SEED } from '../support/seed.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Vitest ends with this code if a test has failed, or a test file could not be loaded. */
const FAILED = 1;

describe('A place that bypasses the rules of access', () => {
  it.each(accessMutants)('is found by its test: $name', ({ name, caughtBy: [file, test] }) => {
    const pattern = `^${test.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
    const options = ['--project', 'one node', file, '-t', pattern, '--reporter', 'dot'];
    const { status, stdout } = spawnSync('npx', ['vitest', 'run', ...options], {
      cwd: ROOT,
      env: { ...process.env, PRESENCE_TEST_MUTANT: name, TEST_SEED: `${SEED}`, NO_COLOR: '1' },
      encoding: 'utf8',
    });
    expect(status).toBe(FAILED);
    // A test has failed, and not the loading of the file.
    expect(stdout).toMatch(/Tests {2}\d+ failed/);
  });
});
