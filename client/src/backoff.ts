const FIRST_CEILING_MS = 250;
const LAST_CEILING_MS = 10_000;

/**
 * Computes the delay before the next attempt: a random part of a ceiling that doubles with every failure ("full
 * jitter", Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015). Clients that lost their
 * connections together therefore do not reconnect together.
 */
export class Backoff {
  private failures = 0;

  constructor(private readonly random: () => number) {}

  /**
   * Returns the delay in milliseconds after the failure of a connection that was up for `heldMs`. After a long uptime
   * the ceiling starts again at its minimum. A connection that fails soon after it succeeded counts as one more
   * failure. The retry hint of the service is added on top, because all clients get the same hint.
   */
  next({ retryAfterMs = 0, heldMs = 0 }: { retryAfterMs?: number | undefined; heldMs?: number }) {
    if (heldMs >= LAST_CEILING_MS) this.failures = 0;
    const ceiling = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** this.failures++);
    return retryAfterMs + this.random() * ceiling;
  }
}
