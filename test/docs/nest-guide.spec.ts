import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { ChildProgram } from '../support/child-program.js';
import { freePort } from '../support/free-port.js';
import { SECRET } from '../support/service.js';
import { blocksOf, PROJECT } from './markdown.js';

const run = promisify(execFile);
const blocks = blocksOf('docs/guides/nestjs.md');
const textOf = (language: string) => blocks.find((block) => block.language === language)!.code;
const commands = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code);

let build: Build;
let server: ServerProcess;
let folder: string;
let backendFolder: string;
const running: ChildProgram[] = [];
beforeAll(async () => {
  build = await Build.make();
  // With a clock that runs: a revocation compares it with that of the backend.
  server = await build.serve();
  folder = await mkdtemp(join(tmpdir(), 'presence-nest-'));
  const clone = join(folder, 'presence-service');
  backendFolder = join(folder, 'presence-backend');
  await mkdir(clone);
  await symlink(join(build.folder, 'dist/client'), join(clone, 'client'));
  await compile(join(PROJECT, 'nestjs/tsconfig.build.json'), '--outDir', join(clone, 'nestjs'));
  const PATH = `${join(PROJECT, 'test/docs/stand-ins/quick-start')}:${process.env.PATH}`;
  await run('bash', ['-ec', commands[1]!], { cwd: clone, env: { PATH, HOME: folder } });
  await writeFile(join(backendFolder, 'tsconfig.json'), textOf('json'));
  await writeFile(join(backendFolder, 'main.ts'), textOf('ts'));
  await writeFile(join(backendFolder, 'user.mjs'), textOf('js'));
});
afterAll(async () => {
  await Promise.all(running.map((program) => program.kill()));
  await server.kill();
  await build.remove();
  await rm(folder, { recursive: true });
});

/** Types are checked elsewhere. */
function compile(project: string, ...options: string[]): Promise<unknown> {
  const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [compiler, '--noCheck', '-p', project, ...options]);
}

function start(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): ChildProgram {
  const options = { cwd: backendFolder, env: { PATH: process.env.PATH, NO_COLOR: '1', ...env } };
  const program = new ChildProgram(spawn(command, args, options));
  running.push(program);
  return program;
}

it('a reader of the guide for Nest sees how a user is kicked', async () => {
  const [, , serve, connect, kick] = commands;
  const port = `${await freePort()}`;
  const PRESENCE_URL = `http://${server.grpcAddress}`;
  expect(serve).toMatch(/^npx tsc\nAUTH_JWT_SECRET=.* node dist\/main[.]js$/m);
  await compile(backendFolder);
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

it('the backend of the guide is also a CommonJS program', async () => {
  await rm(join(backendFolder, 'package.json'));
  await compile(backendFolder);
  const env = { PRESENCE_URL: `http://${server.grpcAddress}`, PORT: '0', AUTH_JWT_SECRET: SECRET };
  const backend = start(process.execPath, ['dist/main.js'], env);
  await backend.says(/Nest application successfully started/);
  expect(await readFile(join(backendFolder, 'dist/main.js'), 'utf8')).toContain('require(');
});
