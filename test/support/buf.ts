import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const BUF = join(PROJECT, 'tools/node_modules/.bin/buf');

/** Reads the request and generates no file, as a plugin of protoc may. */
const STAND_IN = '#!/bin/sh\ncat >/dev/null\n';

/** Runs buf with its plugins. A plugin that this machine lacks is replaced by one that generates no file. */
export class Buf {
  private constructor(private readonly folder: string) {}

  /** `plugins` has the program on this machine of each plugin, under the name that templates use. */
  static async start(plugins: Readonly<Record<string, string>>): Promise<Buf> {
    const folder = await mkdtemp(join(tmpdir(), 'buf-'));
    for (const [name, program] of Object.entries(plugins)) {
      const path = whereIs(program);
      if (path !== undefined) await symlink(path, join(folder, name));
      else {
        await writeFile(join(folder, name), STAND_IN);
        await chmod(join(folder, name), 0o755);
      }
    }
    return new Buf(folder);
  }

  /** Generates code into a folder. Throws an error if buf fails. */
  generate(template: string, folder: string): void {
    execFileSync(BUF, ['generate', '--template', template, '--output', folder], {
      cwd: PROJECT,
      env: { ...process.env, PATH: `${this.folder}${delimiter}${process.env.PATH}` },
      stdio: 'pipe',
    });
  }

  stop(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** Returns the path of a program on PATH, or undefined if it is missing. */
export function whereIs(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Why the templates of buf cannot be tested here, if that is so. */
export function whyNoBuf(): string | undefined {
  if (!existsSync(BUF)) return 'scripts/install-tools has not run';
  return ['protoc', 'grpc_python_plugin'].every((program) => whereIs(program) !== undefined)
    ? undefined
    : 'protoc and grpc_python_plugin are not on PATH';
}
