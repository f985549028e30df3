import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Mutant } from './mutant.js';
import { mutate } from './mutants.js';

/** A copy of the built service with one rule removed. */
export class MutatedBuild {
  private constructor(private readonly root: string) {}

  static async make(dist: string, { edits }: Mutant): Promise<MutatedBuild> {
    const root = await mkdtemp(join(tmpdir(), 'presence-mutant-'));
    const build = new MutatedBuild(root);
    await cp(dist, build.folder, { recursive: true });
    for (const name of ['node_modules', 'package.json']) {
      await symlink(join(dirname(dist), name), join(root, name));
    }
    for (const edit of edits) {
      const path = join(build.folder, edit.file);
      await writeFile(path, mutate(await readFile(path, 'utf8'), edit));
    }
    return build;
  }

  get folder(): string {
    return join(this.root, 'dist');
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true });
  }
}
