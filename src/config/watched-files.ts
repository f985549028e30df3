import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import { SingleFlight } from '../timers/single-flight.js';
import { ConfigError } from './config-error.js';

/**
 * The interval in milliseconds at which the owner of `WatchedFiles` calls `check`. Polling is more reliable than file
 * events: it also notices symbolic links that Kubernetes replaces, and changes on network file systems.
 */
export const CHECK_FILES_EVERY_MS = 5_000;

/** A change must still be there after this time in milliseconds, because a file can be half-written when it is read. */
const SETTLE_MS = 100;

/** How a value is read from files, and what happens when it changes. */
interface FileSource<T> {
  /** Reads and checks the files. Throws a `ConfigError` if they cannot be used. */
  readonly read: () => Promise<T>;
  readonly isSame: (one: T, other: T) => boolean;
  readonly apply: (value: T) => void;
  /** The sentence that follows a warning about invalid files: what stays in use. */
  readonly otherwise: string;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Keeps a value up to date with the files that it was read from. Missing or invalid files change nothing. */
export class WatchedFiles<T> {
  private readonly checking = new SingleFlight(() => this.readFiles());
  private mistake: string | undefined;
  private isReported = false;

  constructor(
    private value: T,
    private readonly source: FileSource<T>,
  ) {}

  /** The last valid value. */
  get current(): T {
    return this.value;
  }

  /** Reads the files and applies a change. Does nothing while another call reads them. */
  check(): Promise<void> {
    return this.checking.runIfIdle();
  }

  private async readFiles(): Promise<void> {
    const { read, isSame, apply } = this.source;
    try {
      const found = await read();
      if (isSame(found, this.value)) return this.accept();
      await sleep(SETTLE_MS);
      if (!isSame(found, await read())) return;
      this.accept();
      this.value = found;
      apply(found);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.reject(error.mistakes.join(' '));
    }
  }

  private accept(): void {
    this.mistake = undefined;
  }

  /**
   * Reports invalid files once, and only if the error is still there at the next check, because files are replaced one
   * after the other.
   */
  private reject(mistake: string): void {
    const isLasting = mistake === this.mistake;
    if (isLasting && !this.isReported) {
      this.source.logger.warn(`${mistake} ${this.source.otherwise}`);
    }
    this.isReported = isLasting;
    this.mistake = mistake;
  }
}
