import { createPresenceClient, type PresenceClient, type TokenOption } from '#client';
import { Connection } from './connection.js';
import type { Target } from './target.js';

/** Somebody at a terminal does not wait longer for an answer. */
const TIMEOUT_MS = 5000;

/** A client on a connection of its own, which is what the service takes for a device. */
export class Device {
  readonly client: PresenceClient;
  private readonly connection: Connection;

  constructor(target: Target, token: TokenOption) {
    this.connection = new Connection(target);
    this.client = createPresenceClient({
      transport: this.connection.open,
      token,
      timeoutMs: TIMEOUT_MS,
    });
  }

  /** Ends it in order. */
  async close(): Promise<void> {
    this.client.close();
    await this.connection.close();
  }

  /** Ends it as when it is switched off: the service hears nothing but that the connection has gone. */
  lose(): void {
    this.connection.cut();
    this.client.close();
  }
}
