import { RejectedError } from '../../domain/rejected-error.js';
import { diagnose, messageOf, type Diagnosis } from './diagnosis.js';
import { unavailable } from './partition-writer.js';

/** Messages of ioredis for a missing connection. They do not contain the cause. */
const VAGUE =
  /isn't writeable|Connection is closed|Command timed out|isn't ready|Command aborted|Failed to refresh slots|None of startup nodes/;

/**
 * The maximum number of remembered reasons. More than one is kept because a timeout can hide the error that explains
 * it.
 */
const MAX_REASONS = 3;

/**
 * Whether Redis executes commands, reads as well as writes, and if not, why. It logs an outage once, not for every
 * failed command, and once more for each reason that an operator must fix.
 */
export class RedisHealth {
  /** The reasons of the current outage, the latest last. */
  private readonly reasons = new Set<string>();
  private readonly logged = new Set<string>();
  private latest: Diagnosis | undefined;
  private failureCount = 0;
  private hasWritten = true;

  constructor(
    private readonly log: {
      readonly warn: (line: string) => void;
      readonly log: (line: string) => void;
    },
  ) {}

  /** The latest reason that contains a cause. Undefined: Redis works. */
  get problem(): string | undefined {
    const reasons = [...this.reasons];
    return reasons.findLast((reason) => !VAGUE.test(reason)) ?? reasons.at(-1);
  }

  /** The latest reasons of the current outage. Empty: Redis works. */
  get problems(): string {
    return [...this.reasons].join('; ');
  }

  /** Whether the latest error stays until an operator changes something. */
  get isHopeless(): boolean {
    return this.latest?.mayPass === false;
  }

  /** The number of failures so far. */
  get failures(): number {
    return this.failureCount;
  }

  readonly failed = (error: unknown): void => {
    this.failureCount++;
    this.hasWritten = false;
    const diagnosis = diagnose(error);
    this.latest = diagnosis;
    const reason = diagnosis?.sentence ?? messageOf(error);
    const isNew = diagnosis !== undefined && !this.logged.has(reason);
    if (isNew || this.reasons.size === 0) this.log.warn(`Redis is unreachable: ${reason}`);
    if (diagnosis !== undefined) this.logged.add(reason);
    // Deleted first, so that the reason moves to the end.
    this.reasons.delete(reason);
    this.reasons.add(reason);
    const [oldest] = this.reasons;
    if (this.reasons.size > MAX_REASONS) this.reasons.delete(oldest!);
  };

  /** Notes a successful write. Reads alone prove too little, because a replica also serves them. */
  readonly wrote = (): void => {
    this.hasWritten = true;
  };

  /** Notes that all reads succeeded. Redis is available again if it accepts writes as well. */
  readonly read = (): void => {
    if (!this.hasWritten || this.reasons.size === 0) return;
    this.log.log('Redis is reachable again.');
    this.reasons.clear();
    this.logged.clear();
    this.latest = undefined;
  };
}

/**
 * Runs work on Redis, and fails with STORE_UNAVAILABLE after the same timeout as an update, so that reads never wait
 * longer than commands.
 */
export async function withinTimeout<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable()), timeoutMs);
  });
  try {
    return await Promise.race([work, tooLate]);
  } catch (error) {
    throw error instanceof RejectedError ? error : unavailable();
  } finally {
    clearTimeout(timer);
  }
}
