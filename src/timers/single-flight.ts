/** Runs work that must not overlap with itself. */
export class SingleFlight {
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(private readonly work: () => Promise<void>) {}

  /**
   * Runs the work for this caller. A call during a run waits for the next run, which starts after the call, so that its
   * result is new enough for every caller.
   */
  run(): Promise<void> {
    if (this.running === undefined) return this.start();
    this.next ??= this.running.then(
      () => this.start(),
      () => this.start(),
    );
    return this.next;
  }

  /** Runs the work. A call during a run does nothing and resolves at once. */
  async runIfIdle(): Promise<void> {
    if (this.running === undefined) await this.start();
  }

  /** Resolves when no run is in progress. */
  async idle(): Promise<void> {
    await this.running?.catch(() => {});
  }

  private start(): Promise<void> {
    this.next = undefined;
    this.running = this.work().finally(() => (this.running = undefined));
    return this.running;
  }
}
