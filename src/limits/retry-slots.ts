/** Nobody is told to wait longer: most of those who were told will not come back on time, or at all. */
const MAX_WAIT_MS = 30_000;

/**
 * Tells those who have come too soon when to come again: each one later than the last, at the pace at which they can be
 * let in. So a storm that breaks over the server comes back as a steady rain.
 */
export class RetrySlots {
  private readonly intervalMs: number;
  private lastAt = -Infinity;

  constructor(perSecond: number) {
    this.intervalMs = 1000 / perSecond;
  }

  /** How long until the next turn that nobody has been told yet, in whole milliseconds, and a little more at random. */
  next(now: number): number {
    const earliest = Math.max(this.lastAt, now) + this.intervalMs;
    this.lastAt = Math.min(earliest, now + MAX_WAIT_MS);
    return Math.ceil((this.lastAt - now) * (1 + Math.random() / 10));
  }
}
