import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { PresencePositionStore } from '@presence-service/nestjs';

interface Tables {
  /** When each user went offline last. */
  readonly lastSeen: Record<string, string>;
  /** The users who get no tokens. */
  readonly banned: Record<string, true>;
  position?: string;
}

/**
 * Stands for the database of the product: a file with the tables, and with the position up to which the events are in them. Both
 * are written together, so each event counts once in the tables.
 */
@Injectable()
export class Database extends PresencePositionStore {
  readonly tables: Tables;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly file: string) {
    super();
    this.tables = read(file);
  }

  load(): string | undefined {
    return this.tables.position;
  }

  async save(position: string): Promise<void> {
    this.tables.position = position;
    await this.write();
  }

  /** Writes the tables, after earlier calls. The file is always complete. */
  write(): Promise<void> {
    return (this.writing = this.writing.then(async () => {
      await writeFile(`${this.file}.new`, JSON.stringify(this.tables));
      await rename(`${this.file}.new`, this.file);
    }));
  }
}

function read(file: string): Tables {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Tables;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { lastSeen: {}, banned: {} };
    throw error;
  }
}
