import { SingleFlight } from '../../timers/single-flight.js';
import { messageOf } from './diagnosis.js';

export interface ServerWatchOptions {
  /** The reason why the server is not fit. Undefined: it is fit. */
  readonly faultOf: () => Promise<string | undefined>;
  /** Milliseconds between two checks while the server is fit. */
  readonly everyMs: number;
  /** A monotonic clock in milliseconds. */
  readonly uptime: () => number;
  readonly log: {
    readonly warn: (line: string) => void;
    readonly log: (line: string) => void;
  };
}

/**
 * Checks regularly that the server is fit to store users, because its settings can change, and keys can be overwritten,
 * while it runs. While the server is unfit, every tick checks it, so that a recovery is noticed soon.
 */
export class ServerWatch {
  private fault: string | undefined;
  private checkedAt: number;
  private readonly checking = new SingleFlight(() => this.check());

  constructor(private readonly options: ServerWatchOptions) {
    this.checkedAt = options.uptime();
  }

  /** Why this server should not be used. Undefined: it is fit. */
  get problem(): string | undefined {
    return this.fault;
  }

  /** Checks the server if a check is due. */
  async tick(): Promise<void> {
    const { uptime, everyMs } = this.options;
    if (this.fault !== undefined || uptime() - this.checkedAt >= everyMs) await this.checkNow();
  }

  /** Checks the server immediately. Call it when there is a sign that the server may be unfit. */
  checkNow(): Promise<void> {
    return this.checking.run();
  }

  /** Checks which key has a wrong type, if a command failed for that reason. */
  async checkAfter(error: unknown): Promise<void> {
    if (this.fault === undefined && messageOf(error).includes('WRONGTYPE')) await this.checkNow();
  }

  private async check(): Promise<void> {
    const { faultOf, uptime, log } = this.options;
    this.checkedAt = uptime();
    const fault = await faultOf();
    if (fault !== undefined && fault !== this.fault)
      log.warn(`The configuration of Redis is unsafe: ${fault}`);
    if (fault === undefined && this.fault !== undefined)
      log.log('The configuration of Redis is safe again.');
    this.fault = fault;
  }
}
