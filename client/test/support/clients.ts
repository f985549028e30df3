import { createPresenceClient, type PresenceClient } from '@presence-service/client';
import type { PresenceClientOptions } from '@presence-service/client';
import { Service, tokenOf } from '../../../test/support/service.js';
import { Gate } from './gate.js';
import { inTurn, type Protocol } from './protocols.js';

interface ClientOptions extends Partial<PresenceClientOptions> {
  readonly isAdmin?: boolean;
  /** What its calls go through. */
  readonly gate?: Gate;
}

/** Clients of this library, of one test. */
export class Clients {
  private readonly opened: (() => void)[] = [];

  constructor(private readonly protocol: Protocol) {}

  /** A client of a user on connections of its own, like any that has just been started. */
  at(
    addresses: readonly string[],
    userId: string,
    { gate = new Gate(), ...options }: ClientOptions = {},
  ): PresenceClient {
    const client = createPresenceClient({
      transport: () => {
        const { transports, close } = this.protocol.open(addresses);
        this.opened.push(close);
        return gate.before(inTurn(transports));
      },
      token: () => tokenOf(userId, options),
      // A busy machine takes its time to start a server.
      timeoutMs: 30_000,
      ...options,
    });
    this.opened.push(() => client.close());
    return client;
  }

  of(service: Service, userId: string, options?: ClientOptions): PresenceClient {
    return this.at(service.addresses(this.protocol.addressOf), userId, options);
  }

  close(): void {
    for (const close of this.opened.splice(0).reverse()) close();
  }
}
