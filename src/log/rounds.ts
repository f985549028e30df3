/**
 * Paces the rounds in which readers are served. After quiet the first request is served at once; then there is a rest
 * as long as the last round took, a duty of one half: under load rounds become rarer and each carries more.
 */
export class Rounds {
  private pending: NodeJS.Timeout | NodeJS.Immediate | undefined;
  private restsUntil = 0;

  constructor(private readonly serve: () => void) {}

  /** Asks for a round soon. Asking again before it costs nothing. */
  request(): void {
    if (this.pending !== undefined) return;
    const rest = this.restsUntil - performance.now();
    this.pending = rest > 0 ? setTimeout(this.run, rest) : setImmediate(this.run);
  }

  /** Calls off the round that was asked for. */
  cancel(): void {
    clearTimeout(this.pending as NodeJS.Timeout);
    clearImmediate(this.pending as NodeJS.Immediate);
    this.pending = undefined;
  }

  private readonly run = (): void => {
    this.pending = undefined;
    const start = performance.now();
    this.serve();
    const end = performance.now();
    this.restsUntil = end + (end - start);
  };
}
