import { Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { fileMistake, readNamedFile, type NamedFile } from '../../config/setting-file.js';
import { CHECK_FILES_EVERY_MS, WatchedFiles } from '../../config/watched-files.js';

/** The password of Redis in a file that can change while the server runs. */
export class RedisPassword {
  private readonly logger = new Logger('Redis');
  private readonly listeners: (() => void)[] = [];
  private readonly watched: WatchedFiles<string>;

  private constructor(path: string, first: string) {
    this.watched = new WatchedFiles(first, {
      read: () => readPassword(path),
      isSame: (one, other) => one === other,
      apply: () => this.announce(),
      otherwise: 'New connections to Redis use the previous password.',
      logger: this.logger,
    });
  }

  /** Reads the file. Throws a `ConfigError` if it cannot be used. */
  static async open(path: string): Promise<RedisPassword> {
    return new RedisPassword(path, await readPassword(path));
  }

  get current(): string {
    return this.watched.current;
  }

  /** Calls the listener after each change. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Reads the file and applies changes. Does nothing while another call reads it. */
  @Interval(CHECK_FILES_EVERY_MS)
  reload(): Promise<void> {
    return this.watched.check();
  }

  private announce(): void {
    for (const listener of this.listeners) listener();
    this.logger.log('New connections to Redis use the new password from REDIS_PASSWORD_FILE.');
  }
}

/** Ignores line breaks at the end, which most editors and tools write. A password can have spaces. */
async function readPassword(path: string): Promise<string> {
  const file: NamedFile = { setting: 'REDIS_PASSWORD_FILE', path };
  const password = (await readNamedFile(file)).replace(/[\r\n]+$/, '');
  if (password === '') throw fileMistake(file, 'which is empty');
  if (/\p{Cc}/u.test(password)) throw fileMistake(file, 'which must hold one line of text');
  return password;
}
