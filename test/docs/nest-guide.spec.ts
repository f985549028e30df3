import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { ChildProgram } from '../support/child-program.js';
import { freePort } from '../support/free-port.js';
import { SECRET } from '../support/service.js';
import { blocksOf, PROJECT } from './markdown.js';

const blocks = blocksOf('docs/guides/nestjs.md');
const textOf = (language: string) => blocks.find((block) => block.language === language)!.code;
const commands = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code);

let build: Build;
let server: ServerProcess;
let folder: string;
const running: ChildProgram[] = [];
beforeAll(async () => {
  build = await Build.make();
  // With a clock that runs: a revocation compares it with that of the backend.
  server = await build.serve();
  // Below the packages that the programs import.
  await mkdir(join(PROJECT, 'build'), { recursive: true });
  folder = await mkdtemp(join(PROJECT, 'build/nest-guide-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'tsconfig.json'), textOf('json'));
  await writeFile(join(folder, 'main.ts'), textOf('ts'));
  await writeFile(join(folder, 'user.mjs'), textOf('js'));
  await install('client', join(build.folder, 'dist/client'));
  await compile(
    '-p',
    join(PROJECT, 'nestjs/tsconfig.build.json'),
    '--outDir',
    join(folder, 'built'),
  );
  await install('nestjs', join(folder, 'built'));
});
afterAll(async () => {
  await Promise.all(running.map((program) => program.kill()));
  await server.kill();
  await build.remove();
  await rm(folder, { recursive: true });
});

/** Puts a built package where the programs of the guide find it. */
async function install(name: string, built: string): Promise<void> {
  const target = join(folder, 'node_modules/@presence-service', name);
  await mkdir(target, { recursive: true });
  await symlink(built, join(target, 'dist'));
  const manifest = { type: 'module', exports: './dist/index.js' };
  await writeFile(join(target, 'package.json'), JSON.stringify(manifest));
}

/** Types are checked elsewhere. */
function compile(...args: string[]): Promise<unknown> {
  const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
  return promisify(execFile)(process.execPath, [compiler, '--noCheck', ...args], { cwd: folder });
}

function start(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): ChildProgram {
  const options = { cwd: folder, env: { PATH: process.env.PATH, NO_COLOR: '1', ...env } };
  const program = new ChildProgram(spawn(command, args, options));
  running.push(program);
  return program;
}

it('a reader of the guide for Nest sees how a user is kicked', async () => {
  const [, , serve, connect, kick] = commands;
  const port = `${await freePort()}`;
  const PRESENCE_URL = `http://${server.grpcAddress}`;
  expect(serve).toMatch(/^npx tsc\nAUTH_JWT_SECRET=.* node dist\/main[.]js$/m);
  await compile('-p', folder);
  const backend = start(process.execPath, ['dist/main.js'], {
    PRESENCE_URL,
    PORT: port,
    AUTH_JWT_SECRET: SECRET,
  });
  await backend.says(/Nest application successfully started/);

  const user = start('sh', ['-c', `exec ${connect}`], {
    PRESENCE_URL,
    BACKEND: `http://localhost:${port}`,
  });
  await user.says(/^alice is online$/m);
  const curl = start('sh', ['-c', kick!.replace('4000', port)], {});
  await curl.exited;
  expect(curl.stdout).toBe('{"endedSessions":1}');
  await backend.says(/^alice was last seen at \d{4}-/m);
  expect(await user.exited).toEqual({ code: 0, signal: null });
  const lines = textOf('text').trimEnd().split('\n');
  expect(user.stdout).toMatch(
    new RegExp(lines.map((line) => `^${line.replace('...', '.*')}$`).join('[^]*'), 'm'),
  );

  backend.signal('SIGINT');
  await backend.exited;
});
