import type { Subscriber } from 'rxjs';
import type { Outlet } from './subscription.js';

/** The connection under a subscription. */
export interface Connection {
  readonly isReady: boolean;
  onReady(listener: () => void): void;
}

/** The stream of a subscription: messages go to its Observable, as its connection takes them. */
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
