const FIRST_CEILING_MS = 250;
const LAST_CEILING_MS = 10_000;

/**
 * How long to wait before the next try: a random part of a ceiling that doubles with every failure ("full jitter",
 * Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015). Clients that were lost together
 * do not return together.
 */
export class Backoff {
  private failures = 0;

  constructor(private readonly random: () => number) {}

  /**
   * The wait in milliseconds after something failed that had held for `heldMs`. What held for a while begins anew; what
   * fails as soon as it succeeds is slowed down like any other failure. What the service asks for comes on top, for it
   * asks everyone for the same.
   */
  next({ retryAfterMs = 0, heldMs = 0 }: { retryAfterMs?: number | undefined; heldMs?: number }) {
    if (heldMs >= LAST_CEILING_MS) this.failures = 0;
    const ceiling = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** this.failures++);
    return retryAfterMs + this.random() * ceiling;
  }
}
