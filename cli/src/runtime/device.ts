import {
  createPresenceClient,
  type PresenceClient,
  type PresenceError,
  type ReadonlyValue,
  type TokenOption,
} from '#client';
import type { Target } from '../options/target.js';
import { Connection } from './connection.js';

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

/** The common fields of the states of sessions and collections. */
interface State {
  readonly status: string;
  readonly error?: PresenceError;
}

/**
 * Waits until a session is online or a collection is live. Throws the first error, because a user at a terminal wants
 * to see it at once. The client handles errors after that by reconnecting.
 */
export async function waitUntilReady(state: ReadonlyValue<State>): Promise<void> {
  for await (const { status, error } of state) {
    if (status === 'online' || status === 'live') return;
    if (error !== undefined) throw error;
  }
}
