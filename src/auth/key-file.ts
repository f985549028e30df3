import { isDeepStrictEqual } from 'node:util';
import { Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { CHECK_FILES_EVERY_MS, WatchedFiles } from '../config/watched-files.js';
import type { ClaimRules } from './claims.js';
import type { VerificationKeys } from './verification-keys.js';

/** The keys in a file. */
export interface KeysInFile {
  /** The text of each key. The keys have changed if the texts have. */
  readonly texts: readonly string[];
  readonly keys: VerificationKeys;
}

/** Reads the keys. Throws a `ConfigError` if they cannot be used. */
type ReadKeys = () => Promise<KeysInFile>;

/** The keys in a file that can change while the server runs. While the file is missing or invalid, the last valid keys stay in use. */
export class KeyFile implements VerificationKeys, OnModuleInit {
  private readonly logger = new Logger(KeyFile.name);
  private readonly watched: WatchedFiles<KeysInFile>;

  private constructor(
    private readonly setting: string,
    read: ReadKeys,
    private inUse: KeysInFile,
  ) {
    this.watched = new WatchedFiles(inUse, {
      read,
      isSame: (one, other) => isDeepStrictEqual(one.texts, other.texts),
      apply: (changed) => this.replace(changed),
      otherwise: 'The previous keys stay valid.',
      logger: this.logger,
    });
  }

  /** Reads the file that the setting names. Throws a `ConfigError` if it cannot be used. */
  static async open(setting: string, read: ReadKeys): Promise<KeyFile> {
    return new KeyFile(setting, read, await read());
  }

  verify(token: string, rules: ClaimRules): ReturnType<VerificationKeys['verify']> {
    return this.inUse.keys.verify(token, rules);
  }

  onModuleInit(): void {
    this.logger.log(`Tokens are verified with ${this.describe()}.`);
  }

  /** Reads the file and applies changes. Does nothing while another call reads it. */
  @Interval(CHECK_FILES_EVERY_MS)
  reload(): Promise<void> {
    return this.watched.check();
  }

  private replace(changed: KeysInFile): void {
    this.inUse = changed;
    this.logger.log(`Tokens are now verified with ${this.describe()}.`);
  }

  private describe(): string {
    const { length } = this.inUse.texts;
    return `${length} ${length === 1 ? 'key' : 'keys'} from ${this.setting}`;
  }
}
