import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOf } from '../docs/markdown.js';
import { Build } from '../support/built-server.js';
import { ChildProgram } from '../support/child-program.js';
import { compileGo } from '../support/go.js';
import { tokenOf } from '../support/service.js';
import { expectToKeepTheLobby, programOf } from './lobby-program.js';

describe('A program in Go', () => {
  let build: Build;
  let folder: string;
  beforeAll(async () => {
    build = await Build.make();
    folder = await mkdtemp(join(tmpdir(), 'presence-go-'));
  });
  afterAll(async () => {
    await build.remove();
    await rm(folder, { recursive: true });
  });

  it('of the page survives a restart, and ends when its token is rejected', async () => {
    const program = await compileGo(programOf('docs/languages/go.md', 'go'), folder);
    await expectToKeepTheLobby(build, folder, [program]);
    expect.assertions(3);
  });

  it('of the examples watches a user who connects, joins a channel and disconnects', async () => {
    const path = await compileGo(textOf('examples/go/main.go'), folder);
    const server = await build.serve();
    const program = new ChildProgram(spawn(path, [await tokenOf('ann'), server.grpcAddress]));
    try {
      expect(await program.exited).toMatchObject({ code: 0 });
      expect(program.output).toBe(
        [
          'ann is online',
          'ann is in channel "lobby"',
          'ann is PRESENCE_STATUS_DO_NOT_DISTURB In a call',
          'ann is in channel ""',
          'ann is offline',
          '',
        ].join('\n'),
      );
    } finally {
      await program.kill();
      await server.kill();
    }
  });
});
