import { SingleFlight } from './single-flight.js';
import { messageOf } from './diagnosis.js';

export interface ServerWatchOptions {
  /** What makes the server unfit. Undefined: nothing. */
  readonly faultOf: () => Promise<string | undefined>;
  /** Milliseconds between two looks while all is well. */
  readonly everyMs: number;
  /** Milliseconds that only ever grow. */
  readonly uptime: () => number;
  readonly log: {
    readonly warn: (line: string) => void;
    readonly log: (line: string) => void;
  };
}

/**
 * Looks again and again whether the server is fit to keep users: its settings may be changed, and keys overwritten, while
 * it runs. Looks at every turn while it is not, so that its recovery is noticed soon.
 */
export class ServerWatch {
  private fault: string | undefined;
  private lookedAt: number;
  private readonly looking = new SingleFlight(() => this.look());

  constructor(private readonly options: ServerWatchOptions) {
    this.lookedAt = options.uptime();
  }

  /** Why this server should not be used. Undefined: it is fit. */
  get problem(): string | undefined {
    return this.fault;
  }

  /** Looks if it is time to. */
  async tick(): Promise<void> {
    const { uptime, everyMs } = this.options;
    if (this.fault !== undefined || uptime() - this.lookedAt >= everyMs) await this.lookNow();
  }

  /** For when something shows that the server may not be fit. */
  lookNow(): Promise<void> {
    return this.looking.run();
  }

  /** Finds out which key holds a wrong type when a command was refused for one. */
  async heardOf(error: unknown): Promise<void> {
    if (this.fault === undefined && messageOf(error).includes('WRONGTYPE')) await this.lookNow();
  }

  private async look(): Promise<void> {
    const { faultOf, uptime, log } = this.options;
    this.lookedAt = uptime();
    const fault = await faultOf();
    if (fault !== undefined && fault !== this.fault)
      log.warn(`Redis must not be used so: ${fault}`);
    if (fault === undefined && this.fault !== undefined) log.log('Redis is fit for use again.');
    this.fault = fault;
  }
}
