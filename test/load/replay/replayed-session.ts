import type { Session } from '#client';
import type { Target } from '../../../cli/src/options/target.js';
import { Device, waitUntilReady } from '../../../cli/src/runtime/device.js';

/** A session of a trace. It has its own client and connection, and the connection can be lost. */
export class ReplayedSession {
  private readonly device: Device;
  private session: Session | undefined;
  /** The operations that were requested so far. */
  private done: Promise<void> = Promise.resolve();

  constructor(target: Target, token: () => Promise<string>) {
    this.device = new Device(target, token);
  }

  begin(platform: string): Promise<void> {
    return this.next(async () => {
      this.session = this.device.client.connect({ platform });
      await waitUntilReady(this.session.state);
    });
  }

  beActive(): Promise<void> {
    return this.next(async () => void (await this.session?.recordActivity()));
  }

  /** Ends the session cleanly, or as if the program had been killed. */
  end({ isClean }: { readonly isClean: boolean }): Promise<void> {
    return this.next(async () => {
      if (!isClean) this.device.lose();
      await this.device.close();
    });
  }

  /**
   * Runs the operations one after the other, as in the trace. An operation that fails reports its error itself, and
   * the next one still runs.
   */
  private next(task: () => Promise<void>): Promise<void> {
    this.done = this.done.catch(() => {}).then(task);
    return this.done;
  }
}
