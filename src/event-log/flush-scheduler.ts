/** The minimum cooldown in milliseconds. Events in quick succession are sent in one flush. */
const MIN_COOLDOWN_MS = 2;

/**
 * The maximum cooldown in milliseconds. A longer one would save little per event, and subscribers would notice the
 * delay.
 */
const MAX_COOLDOWN_MS = 12;

/**
 * Schedules the flushes. After a quiet period, the first request starts a flush at once. A flush runs in slices of
 * the event loop, so that other work can run between them, and the writes of a slice leave while they are still in
 * the CPU caches. A cooldown about as long as the flush follows: under load, flushes become rarer and each one sends
 * more events.
 */
export class FlushScheduler {
  /** The timer of the next slice, of the current flush or of the next one. */
  private pending: NodeJS.Timeout | NodeJS.Immediate | undefined;
  private isWanted = false;
  private cooldownUntil = 0;

  /** `flush` starts a flush. Each step of its iterator is one slice of the event loop. */
  constructor(private readonly flush: () => Iterator<unknown>) {}

  /** Requests a flush. Further requests before it starts cost nothing. */
  schedule(): void {
    this.isWanted = true;
    if (this.pending !== undefined) return;
    // Node keeps one list of timers per duration, so only integer milliseconds are used.
    const cooldown = Math.ceil(this.cooldownUntil - performance.now());
    this.pending = cooldown > 0 ? setTimeout(this.begin, cooldown) : setImmediate(this.begin);
  }

  /** Cancels the rest of the current flush and the next one. */
  cancel(): void {
    clearTimeout(this.pending as NodeJS.Timeout);
    clearImmediate(this.pending as NodeJS.Immediate);
    this.pending = undefined;
  }

  private readonly begin = (): void => {
    this.isWanted = false;
    this.runSlice(this.flush(), performance.now());
  };

  private runSlice(flush: Iterator<unknown>, start: number): void {
    const isDone = flush.next().done;
    // The writes leave at the end of this slice of the event loop. Only the next slice can measure how long that
    // took.
    this.pending = setImmediate(() => (isDone ? this.end(start) : this.runSlice(flush, start)));
  }

  private end(start: number): void {
    const now = performance.now();
    this.cooldownUntil = now + Math.max(MIN_COOLDOWN_MS, Math.min(now - start, MAX_COOLDOWN_MS));
    this.pending = undefined;
    if (this.isWanted) this.schedule();
  }
}
