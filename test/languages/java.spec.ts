import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blocksOf } from '../docs/markdown.js';
import { Build } from '../support/built-server.js';
import { compileJava } from '../support/java.js';
import { expectToKeepTheLobby, programOf } from './lobby-program.js';

const PAGE = 'docs/languages/java.md';

it('the program in Java survives a restart, and ends when its token is rejected', async () => {
  const build = await Build.make();
  const folder = await mkdtemp(join(tmpdir(), 'presence-java-'));
  try {
    const commands = blocksOf(PAGE).find(({ code }) => code.includes('protoc '))!;
    const command = await compileJava('KeepOnline', programOf(PAGE, 'java'), commands.code, folder);
    await expectToKeepTheLobby(build, folder, command);
  } finally {
    await build.remove();
    await rm(folder, { recursive: true });
  }
  expect.assertions(3);
});
