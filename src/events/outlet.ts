import type { Subscriber } from 'rxjs';
import type { Outlet } from './subscription.js';

/** The connection that carries a subscription. */
export interface Connection {
  readonly isReady: boolean;
  onReady(listener: () => void): void;
}

/**
 * The stream of a subscription. It passes messages to the Observable and reports when the connection can take them.
 */
export class StreamOutlet implements Outlet {
  constructor(
    private readonly messages: Subscriber<Buffer>,
    private readonly connection: Connection,
  ) {}

  get isReady(): boolean {
    return !this.messages.closed && this.connection.isReady;
  }

  send(message: Buffer): void {
    this.messages.next(message);
  }

  end(reason: unknown): void {
    this.messages.error(reason);
  }
}
