import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files in a folder, mounted as Kubernetes does it: all files change at once, through a symbolic link. */
export class MountedFiles {
  private readonly linked = new Set<string>();
  private version = 0;

  /** `path`: an existing folder. Files in it that `write` names become symbolic links. */
  constructor(readonly path: string) {}

  /** Creates a folder with files. */
  static async with(files: Readonly<Record<string, string>>): Promise<MountedFiles> {
    const mounted = new MountedFiles(await mkdtemp(join(tmpdir(), 'presence-mount-')));
    await mounted.write(files);
    return mounted;
  }

  /** Replaces all files. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    const name = `..${this.version++}`;
    await mkdir(join(this.path, name));
    for (const [file, text] of Object.entries(files)) {
      await writeFile(join(this.path, name, file), text, { mode: 0o600 });
    }
    await symlink(name, join(this.path, '..data_tmp'));
    await rename(join(this.path, '..data_tmp'), join(this.path, '..data'));
    for (const file of Object.keys(files)) await this.link(file);
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true });
  }

  private async link(file: string): Promise<void> {
    if (this.linked.has(file)) return;
    this.linked.add(file);
    await rm(join(this.path, file), { force: true });
    await symlink(join('..data', file), join(this.path, file));
  }
}
