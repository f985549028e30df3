/** The shortest rest, in milliseconds: what comes in quick succession goes out together. */
const MIN_REST_MS = 2;

/** The longest one. To wait longer would save little for each event, and be felt by those who wait. */
const MAX_REST_MS = 12;

/**
 * Paces the rounds in which readers are served. After quiet the first request is served at once. A round is done in
 * turns of the event loop, so that others have theirs, and what a turn wrote goes out while the processor still knows
 * it. Then comes a rest about as long as the round took: rounds become rarer under load and each carries more.
 */
export class FlushScheduler {
  /** The next turn, of this round or of the one that was asked for. */
  private pending: NodeJS.Timeout | NodeJS.Immediate | undefined;
  private isWanted = false;
  private restsUntil = 0;

  /** `serve` begins a round, which goes on turn by turn until it is done. */
  constructor(private readonly serve: () => Iterator<unknown>) {}

  /** Asks for a round soon. Asking again before it costs nothing. */
  schedule(): void {
    this.isWanted = true;
    if (this.pending !== undefined) return;
    // Whole milliseconds: Node keeps a list of timers for each duration.
    const rest = Math.ceil(this.restsUntil - performance.now());
    this.pending = rest > 0 ? setTimeout(this.begin, rest) : setImmediate(this.begin);
  }

  /** Calls off what is left of this round and the next. */
  cancel(): void {
    clearTimeout(this.pending as NodeJS.Timeout);
    clearImmediate(this.pending as NodeJS.Immediate);
    this.pending = undefined;
  }

  private readonly begin = (): void => {
    this.isWanted = false;
    this.runSlice(this.serve(), performance.now());
  };

  private runSlice(round: Iterator<unknown>, start: number): void {
    const isDone = round.next().done;
    // What was written goes out at the end of this turn of the event loop; the next one tells what that cost.
    this.pending = setImmediate(() => (isDone ? this.end(start) : this.runSlice(round, start)));
  }

  private end(start: number): void {
    const now = performance.now();
    this.restsUntil = now + Math.max(MIN_REST_MS, Math.min(now - start, MAX_REST_MS));
    this.pending = undefined;
    if (this.isWanted) this.schedule();
  }
}
