import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, OpenSession } from './client.js';

/**
 * A user whose client sends a heartbeat twice a second, whatever the result of the heartbeat is.
 */
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

  /**
   * Connects with one client and sends heartbeats with another, which may be connected to another
   * node.
   */
  static async start(connecting: Client, beating = connecting): Promise<BeatingUser> {
    const session = await connecting.connect({ requireHeartbeats: true });
    return new BeatingUser(session.started.session!.userId, session, beating);
  }

  get started(): OpenSession['started'] {
    return this.session.started;
  }

  /** Waits until `times` more heartbeats have succeeded. */
  async isHeard(times: number): Promise<void> {
    for (const until = this.heard + times; this.heard < until;) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Stops the heartbeats. The connection stays open. */
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
