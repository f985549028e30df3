import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, OpenSession } from './client.js';

/** A user whose client gives a sign of life twice a second, whatever comes of it. */
export class BeatingUser {
  private readonly stopping = new AbortController();
  private heard = 0;
  private wake: () => void = () => {};

  private constructor(
    readonly userId: string,
    private readonly session: OpenSession,
    private readonly beating: Client,
  ) {
    void this.beat();
  }

  /** Connects with one client and gives signs of life with another, which may be one of another node. */
  static async start(connecting: Client, beating = connecting): Promise<BeatingUser> {
    const session = await connecting.connect({ requireHeartbeats: true });
    return new BeatingUser(session.started.session!.userId, session, beating);
  }

  get started(): OpenSession['started'] {
    return this.session.started;
  }

  /** Waits until some more signs of life have been answered. */
  async isHeard(times: number): Promise<void> {
    for (const until = this.heard + times; this.heard < until;) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Falls silent; the connection stays. */
  fallSilent(): void {
    this.stopping.abort();
  }

  private async beat(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.beating.heartbeat({ sessionId: this.session.sessionId }).then(
        () => this.heard++,
        () => {},
      );
      this.wake();
      await sleep(500, undefined, { signal }).catch(() => {});
    }
  }
}
