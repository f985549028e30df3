import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { inject } from 'vitest';
import { eventually } from './eventually.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder into which the first test that needs the program compiles it. */
    programFolder: string;
  }
}

/** The time limit for the compilation, which is shorter than that of a `beforeAll`. */
const COMPILES_WITHIN_MS = 280_000;

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** The files that the program expects next to `dist`. */
export const BESIDE_DIST = ['node_modules', 'package.json'];

/**
 * Returns the folder of the built program: PRESENCE_TEST_PROGRAM, or one into which it is compiled
 * once for all tests of a run. Types are checked elsewhere.
 */
export async function compiledProgram(): Promise<string> {
  if (process.env.PRESENCE_TEST_PROGRAM !== undefined) return process.env.PRESENCE_TEST_PROGRAM;
  const folder = inject('programFolder');
  if (await isFirst(folder)) await compileTo(folder);
  else await eventually(() => existsSync(join(folder, 'dist')), true, COMPILES_WITHIN_MS);
  return folder;
}

/** Test files run in separate processes. Only one of them succeeds in creating a folder. */
async function isFirst(folder: string): Promise<boolean> {
  try {
    await mkdir(join(folder, 'claimed'));
    return true;
  } catch {
    return false;
  }
}

async function compileTo(folder: string): Promise<void> {
  const unfinished = join(folder, 'unfinished');
  const scripts = 'store/redis/lua';
  await Promise.all([
    compile('tsconfig.build.json', unfinished),
    compile('client/tsconfig.build.json', join(unfinished, 'client')),
    compile('cli/tsconfig.build.json', join(unfinished, 'cli')),
    build({
      root: join(PROJECT, 'dashboard'),
      logLevel: 'warn',
      build: { outDir: join(unfinished, 'dashboard') },
    }),
    cp(join(PROJECT, 'src', scripts), join(unfinished, scripts), { recursive: true }),
  ]);
  for (const name of BESIDE_DIST) await symlink(join(PROJECT, name), join(folder, name));
  await rename(unfinished, join(folder, 'dist'));
}

function compile(project: string, outDir: string): Promise<unknown> {
  const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
  const args = ['-p', join(PROJECT, project), '--outDir', outDir, '--noCheck'];
  return promisify(execFile)(process.execPath, [compiler, ...args]);
}
