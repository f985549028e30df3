/** How many different reasons are remembered: a time-out may hide the one that explains it. */
const MAX_REASONS = 3;

/** Whether Redis does what it is asked, and since when not. Says so once, however often it is asked in vain. */
export class Reachability {
  /** Why not, the latest last. */
  private readonly reasons = new Set<string>();
  private failureCount = 0;

  constructor(
    private readonly log: {
      readonly warn: (line: string) => void;
      readonly log: (line: string) => void;
    },
  ) {}

  /** The latest reason why not. Undefined: all is well. */
  get problem(): string | undefined {
    return [...this.reasons].at(-1);
  }

  /** All reasons since it last did, but for those that lie far back. Empty: all is well. */
  get problems(): string {
    return [...this.reasons].join('; ');
  }

  /** How often it did not. */
  get failures(): number {
    return this.failureCount;
  }

  readonly failed = (error: unknown): void => {
    this.failureCount++;
    const reason = error instanceof Error ? error.message : String(error);
    if (this.reasons.size === 0) this.log.warn(`Redis is out of reach: ${reason}`);
    // Taken out first, so that it goes to the end.
    this.reasons.delete(reason);
    this.reasons.add(reason);
    const [oldest] = this.reasons;
    if (this.reasons.size > MAX_REASONS) this.reasons.delete(oldest!);
  };

  readonly worked = (): void => {
    if (this.reasons.size > 0) this.log.log('Redis is back.');
    this.reasons.clear();
  };
}
