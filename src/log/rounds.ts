/**
 * Paces the rounds in which readers are served. After quiet the first request is served at once. Then comes a rest as
 * long as the last round took, until the event loop was through with its writes: a duty of about one half, so that
 * rounds become rarer under load and each carries more.
 */
export class Rounds {
  /** The round that was asked for, or the look at what the last one took. */
  private pending: NodeJS.Timeout | NodeJS.Immediate | undefined;
  private isWanted = false;
  private restsUntil = 0;

  constructor(private readonly serve: () => void) {}

  /** Asks for a round soon. Asking again before it costs nothing. */
  request(): void {
    this.isWanted = true;
    if (this.pending !== undefined) return;
    const rest = this.restsUntil - performance.now();
    this.pending = rest > 0 ? setTimeout(this.begin, rest) : setImmediate(this.begin);
  }

  /** Calls off the round that was asked for. */
  cancel(): void {
    clearTimeout(this.pending as NodeJS.Timeout);
    clearImmediate(this.pending as NodeJS.Immediate);
    this.pending = undefined;
  }

  private readonly begin = (): void => {
    const start = performance.now();
    this.isWanted = false;
    this.serve();
    // What was written goes out at the end of this turn of the event loop; the next turn tells what it cost.
    this.pending = setImmediate(() => this.end(start));
  };

  private end(start: number): void {
    const now = performance.now();
    this.restsUntil = now + (now - start);
    this.pending = undefined;
    if (this.isWanted) this.request();
  }
}
