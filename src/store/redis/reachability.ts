/** Whether Redis does what it is asked, and since when not. Says so once, however often it is asked in vain. */
export class Reachability {
  private trouble: string | undefined;
  private failureCount = 0;

  constructor(
    private readonly log: {
      readonly warn: (line: string) => void;
      readonly log: (line: string) => void;
    },
  ) {}

  /** Undefined: all is well. */
  get problem(): string | undefined {
    return this.trouble;
  }

  /** How often it did not. */
  get failures(): number {
    return this.failureCount;
  }

  readonly failed = (error: unknown): void => {
    this.failureCount++;
    const reason = error instanceof Error ? error.message : String(error);
    if (this.trouble === undefined) this.log.warn(`Redis is out of reach: ${reason}`);
    this.trouble = reason;
  };

  readonly worked = (): void => {
    if (this.trouble !== undefined) this.log.log('Redis is back.');
    this.trouble = undefined;
  };
}
