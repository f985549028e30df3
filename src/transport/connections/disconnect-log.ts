import { Logger } from '@nestjs/common';

const LINES_PER_WINDOW = 10;
const WINDOW_MS = 10_000;

/**
 * Counts disconnected peers by reason, and logs them. The number of log lines is limited to `LINES_PER_WINDOW` per
 * window.
 */
export class DisconnectLog<Reason extends string> {
  readonly counts: Record<Reason, number>;
  private windowEndsAt = 0;
  private lines = 0;
  private suppressed = 0;

  /** `sentences` describes, for each reason, what the peer did. `logger` and `now` are for tests. */
  constructor(
    name: string,
    private readonly sentences: Readonly<Record<Reason, string>>,
    private readonly logger: Pick<Logger, 'warn'> = new Logger(name),
    private readonly now: () => number = () => performance.now(),
  ) {
    const reasons = Object.keys(sentences) as Reason[];
    this.counts = Object.fromEntries(reasons.map((reason) => [reason, 0])) as typeof this.counts;
  }

  /** Records a disconnect. `network` is the network of the peer, undefined for a Unix socket. */
  add(reason: Reason, network = 'a local peer'): void {
    this.counts[reason]++;
    const now = this.now();
    if (now >= this.windowEndsAt) this.openWindow(now);
    if (this.lines >= LINES_PER_WINDOW) this.suppressed++;
    else {
      this.lines++;
      this.logger.warn(`Disconnected ${network}: ${this.sentences[reason]}`);
    }
  }

  private openWindow(now: number): void {
    if (this.suppressed > 0)
      this.logger.warn(`Disconnected ${this.suppressed} more peers without logging each of them`);
    this.suppressed = this.lines = 0;
    this.windowEndsAt = now + WINDOW_MS;
  }
}
