import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Build } from '../support/built-server.js';
import { compileGo } from '../support/go.js';
import { expectToKeepTheLobby, programOf } from './lobby-program.js';

it('the program in Go survives a restart, and ends when its token is rejected', async () => {
  const build = await Build.make();
  const folder = await mkdtemp(join(tmpdir(), 'presence-go-'));
  try {
    const program = await compileGo(programOf('docs/languages/go.md', 'go'), folder);
    await expectToKeepTheLobby(build, folder, [program]);
  } finally {
    await build.remove();
    await rm(folder, { recursive: true });
  }
  expect.assertions(3);
});
