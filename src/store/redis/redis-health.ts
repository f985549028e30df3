import { diagnose, messageOf, type Diagnosis } from './diagnosis.js';

/** What ioredis says of a connection that is not there. It tells nothing of why. */
const VAGUE =
  /isn't writeable|Connection is closed|Command timed out|isn't ready|Command aborted|Failed to refresh slots|None of startup nodes/;

/** How many different reasons are remembered: a time-out may hide the one that explains it. */
const MAX_REASONS = 3;

/**
 * Whether Redis does what it is asked, reads as well as writes, and why not. Says so once, however often it is asked in
 * vain, and once more for each reason that somebody has to put right.
 */
export class RedisHealth {
  /** Why not, the latest last. */
  private readonly reasons = new Set<string>();
  private readonly told = new Set<string>();
  private latest: Diagnosis | undefined;
  private failureCount = 0;
  private hasWritten = true;

  constructor(
    private readonly log: {
      readonly warn: (line: string) => void;
      readonly log: (line: string) => void;
    },
  ) {}

  /** The latest reason that says why not. Undefined: all is well. */
  get problem(): string | undefined {
    const reasons = [...this.reasons];
    return reasons.findLast((reason) => !VAGUE.test(reason)) ?? reasons.at(-1);
  }

  /** All reasons since it last did, but for those that lie far back. Empty: all is well. */
  get problems(): string {
    return [...this.reasons].join('; ');
  }

  /** Whether the latest error is one that stays until somebody changes something. */
  get isHopeless(): boolean {
    return this.latest?.mayPass === false;
  }

  /** How often it did not. */
  get failures(): number {
    return this.failureCount;
  }

  readonly failed = (error: unknown): void => {
    this.failureCount++;
    this.hasWritten = false;
    const diagnosis = diagnose(error);
    this.latest = diagnosis;
    const reason = diagnosis?.sentence ?? messageOf(error);
    const isNew = diagnosis !== undefined && !this.told.has(reason);
    if (isNew || this.reasons.size === 0) this.log.warn(`Redis is out of reach: ${reason}`);
    if (diagnosis !== undefined) this.told.add(reason);
    // Taken out first, so that it goes to the end.
    this.reasons.delete(reason);
    this.reasons.add(reason);
    const [oldest] = this.reasons;
    if (this.reasons.size > MAX_REASONS) this.reasons.delete(oldest!);
  };

  /** A write went through: a replica would answer reads only. */
  readonly wrote = (): void => {
    this.hasWritten = true;
  };

  /** Everything could be read. Redis is back if it takes writes as well. */
  readonly read = (): void => {
    if (!this.hasWritten || this.reasons.size === 0) return;
    this.log.log('Redis is back.');
    this.reasons.clear();
    this.told.clear();
    this.latest = undefined;
  };
}
