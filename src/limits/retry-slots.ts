/**
 * The longest retry hint, in milliseconds. Longer hints are not needed, because most clients return late or not at all.
 */
const MAX_WAIT_MS = 30_000;

/**
 * Gives each client that arrives too early a later retry time than the one before, at the rate at which the node can
 * accept sessions. A burst of reconnects then returns at a steady rate.
 */
export class RetrySlots {
  private readonly intervalMs: number;
  private lastAt = -Infinity;

  constructor(perSecond: number) {
    this.intervalMs = 1000 / perSecond;
  }

  /** Reserves the next free time and returns the wait until then, in milliseconds, with up to 10 % of jitter. */
  next(now: number): number {
    const earliest = Math.max(this.lastAt, now) + this.intervalMs;
    this.lastAt = Math.min(earliest, now + MAX_WAIT_MS);
    return Math.ceil((this.lastAt - now) * (1 + Math.random() / 10));
  }
}
