import { Logger } from '@nestjs/common';

const LINES_PER_WINDOW = 10;
const WINDOW_MS = 10_000;

/** What was cut off, by reason: all of it counted, and logged as far as a log can take it. */
export class DisconnectLog<Reason extends string> {
  readonly counts: Record<Reason, number>;
  private windowEndsAt = 0;
  private lines = 0;
  private suppressed = 0;

  /** `sentences` says of each reason what the peer did. `logger` and `now` are for tests. */
  constructor(
    name: string,
    private readonly sentences: Readonly<Record<Reason, string>>,
    private readonly logger: Pick<Logger, 'warn'> = new Logger(name),
    private readonly now: () => number = () => performance.now(),
  ) {
    const reasons = Object.keys(sentences) as Reason[];
    this.counts = Object.fromEntries(reasons.map((reason) => [reason, 0])) as typeof this.counts;
  }

  /** `network` is whose it was. */
  add(reason: Reason, network = 'a local peer'): void {
    this.counts[reason]++;
    const now = this.now();
    if (now >= this.windowEndsAt) this.openWindow(now);
    if (this.lines >= LINES_PER_WINDOW) this.suppressed++;
    else {
      this.lines++;
      this.logger.warn(`Cut off ${network}: ${this.sentences[reason]}`);
    }
  }

  private openWindow(now: number): void {
    if (this.suppressed > 0)
      this.logger.warn(`Cut off ${this.suppressed} more, of which no line was logged`);
    this.suppressed = this.lines = 0;
    this.windowEndsAt = now + WINDOW_MS;
  }
}
