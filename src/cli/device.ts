import { createPresenceClient, type PresenceClient, type TokenOption } from '#client';
import { Connection } from './connection.js';
import type { Target } from './target.js';

/** The timeout of a call in milliseconds. A user at a terminal does not wait longer for a response. */
const TIMEOUT_MS = 5000;

/** A client with its own connection. The service sees it as one device. */
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

  /** Closes the client and its connection cleanly. */
  async close(): Promise<void> {
    this.client.close();
    await this.connection.close();
  }

  /** Simulates a device that loses power: the service only sees that the connection is lost. */
  lose(): void {
    this.connection.cut();
    this.client.close();
  }
}
