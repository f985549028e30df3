import { isDeepStrictEqual } from 'node:util';
import { Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { fileMistake, readNamedFile, type NamedFile } from '../config/setting-file.js';
import { CHECK_FILES_EVERY_MS, WatchedFiles } from '../config/watched-files.js';
import { webhookSecrets } from '../config/webhook-types.js';

/** The keys that sign webhooks. */
export abstract class SigningKeys {
  abstract readonly current: readonly Buffer[];
}

/** The keys in a file that can change while the server runs. */
export class SigningKeyFile extends SigningKeys {
  private readonly logger = new Logger('Webhooks');
  private readonly watched: WatchedFiles<readonly Buffer[]>;

  private constructor(path: string, first: readonly Buffer[]) {
    super();
    this.watched = new WatchedFiles(first, {
      read: () => readKeys(path),
      isSame: isDeepStrictEqual,
      apply: ({ length }) =>
        this.logger.log(
          `Webhooks are now signed with ${length} ${length === 1 ? 'secret' : 'secrets'} from WEBHOOK_SECRET_FILE.`,
        ),
      otherwise: 'The previous secrets stay in use.',
      logger: this.logger,
    });
  }

  /** Reads the file. Throws a `ConfigError` if it cannot be used. */
  static async open(path: string): Promise<SigningKeyFile> {
    return new SigningKeyFile(path, await readKeys(path));
  }

  get current(): readonly Buffer[] {
    return this.watched.current;
  }

  /** Reads the file and applies changes. Does nothing while another call reads it. */
  @Interval(CHECK_FILES_EVERY_MS)
  reload(): Promise<void> {
    return this.watched.check();
  }
}

async function readKeys(path: string): Promise<readonly Buffer[]> {
  const file: NamedFile = { setting: 'WEBHOOK_SECRET_FILE', path };
  const keys = webhookSecrets.read(await readNamedFile(file));
  if (keys !== undefined) return keys;
  throw fileMistake(file, `which must hold ${webhookSecrets.description}`);
}
