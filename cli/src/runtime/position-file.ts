import { open, readFile, rename } from 'node:fs/promises';
import { UsageError } from './failure.js';

/** A file that keeps the position of a consumer. After a crash it has either the old position or the new one. */
export class PositionFile {
  constructor(private readonly path: string) {}

  /** Returns the position, or an empty text if there is no file. */
  async load(): Promise<string> {
    try {
      return (await readFile(this.path, 'utf8')).trim();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return '';
      throw new UsageError(`The file ${this.path} cannot be read (${code}).`);
    }
  }

  async save(position: string): Promise<void> {
    const unfinished = `${this.path}.${process.pid}.tmp`;
    const file = await open(unfinished, 'w', 0o600);
    try {
      await file.writeFile(`${position}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, this.path);
  }
}
