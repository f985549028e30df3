import { SingleFlight } from './single-flight.js';

/**
 * Work that runs at an interval and never overlaps with itself. It does not keep the process alive. Use it where
 * `@Interval` does not fit: outside of Nest providers, and for work that must start before the bootstrap of the
 * application has ended or must continue while it shuts down.
 */
export class IntervalTask {
  private readonly flight: SingleFlight;
  private timer: NodeJS.Timeout | undefined;

  /**
   * `everyMs` is the interval in milliseconds. `onError` receives what a run throws, and the next run takes place all
   * the same. Without `onError`, an error is a fault that ends the process, as in `setInterval`.
   */
  constructor(
    private readonly everyMs: number,
    work: () => void | Promise<void>,
    private readonly onError?: (error: unknown) => void,
  ) {
    this.flight = new SingleFlight(async () => work());
  }

  start(): void {
    const tick = (): void => void this.flight.runIfIdle().catch(this.onError);
    this.timer = setInterval(tick, this.everyMs).unref();
  }

  /** Resolves when no run is in progress. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flight.idle();
  }
}
