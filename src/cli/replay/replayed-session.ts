import type { Session } from '#client';
import { waitUntilReady } from '../begun.js';
import { Device } from '../device.js';
import type { Target } from '../target.js';

/** A session of a trace: a client of its own, on a connection that can be lost. */
export class ReplayedSession {
  private readonly device: Device;
  private session: Session | undefined;
  /** What was asked of it so far. */
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

  /** Ends it: in order, or as when the program is killed. */
  end({ inOrder }: { readonly inOrder: boolean }): Promise<void> {
    return this.next(async () => {
      if (!inOrder) this.device.lose();
      await this.device.close();
    });
  }

  /** One thing after the other, as the trace has them. What failed before is told there. */
  private next(task: () => Promise<void>): Promise<void> {
    this.done = this.done.catch(() => {}).then(task);
    return this.done;
  }
}
