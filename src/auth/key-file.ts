import { isDeepStrictEqual } from 'node:util';
import { Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { CHECK_FILES_EVERY_MS, WatchedFiles } from '../config/watched-files.js';
import { KeyRing, type VerificationKey } from './key-ring.js';

/** The keys in a file. */
export interface KeysInFile {
  /** The texts that contain the keys. The keys have changed if the texts have. */
  readonly texts: readonly string[];
  readonly keys: readonly VerificationKey[];
}

/** Reads the keys. Throws a `ConfigError` if they cannot be used. */
type ReadKeys = () => Promise<KeysInFile>;

/** The keys in a file that can change while the server runs. While the file is missing or invalid, the last valid keys stay in use. */
export class KeyFile extends KeyRing implements OnModuleInit {
  private readonly logger = new Logger(KeyFile.name);
  private readonly watched: WatchedFiles<KeysInFile>;

  private constructor(
    private readonly setting: string,
    read: ReadKeys,
    first: KeysInFile,
  ) {
    super(first.keys);
    this.watched = new WatchedFiles(first, {
      read,
      isSame: (one, other) => isDeepStrictEqual(one.texts, other.texts),
      apply: ({ keys }) => this.replace(keys),
      otherwise: 'The previous keys stay valid.',
      logger: this.logger,
    });
  }

  /** Reads the file that the setting names. Throws a `ConfigError` if it cannot be used. */
  static async open(setting: string, read: ReadKeys): Promise<KeyFile> {
    return new KeyFile(setting, read, await read());
  }

  onModuleInit(): void {
    this.logger.log(`Tokens are verified with ${this.describe()}.`);
  }

  /** Reads the file and applies changes. Does nothing while another call reads it. */
  @Interval(CHECK_FILES_EVERY_MS)
  reload(): Promise<void> {
    return this.watched.check();
  }

  private replace(keys: readonly VerificationKey[]): void {
    this.keys = keys;
    this.logger.log(`Tokens are now verified with ${this.describe()}.`);
  }

  private describe(): string {
    const { length } = this.keys;
    return `${length} ${length === 1 ? 'key' : 'keys'} from ${this.setting}`;
  }
}
