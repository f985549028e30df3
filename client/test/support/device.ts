import type { PresenceClient, Session, SessionOptions } from '@presence-service/client';
import { Link } from '../../../test/support/link.js';
import { tokenOf, type Service } from '../../../test/support/service.js';
import { Clients } from './clients.js';
import { untilStatus } from './observed.js';
import type { Protocol } from './protocols.js';

/** A program on a device of a user, with a network connection of its own that can fail. */
export class Device {
  private constructor(
    private readonly clients: Clients,
    private readonly protocol: Protocol,
    private readonly link: Link,
    private readonly client: PresenceClient,
    private readonly options: SessionOptions,
    public session: Session,
  ) {}

  static async start(
    service: Service,
    protocol: Protocol,
    userId: string,
    options: SessionOptions = {},
    token: () => Promise<string> = () => tokenOf(userId),
  ): Promise<Device> {
    const link = await Link.to(service.addresses(protocol.addressOf));
    const clients = new Clients(protocol);
    // Short pauses between attempts to connect.
    const client = clients.at(link.addresses, userId, { token, random: () => 0.05 });
    const session = client.connect(options);
    await session.ready;
    return new Device(clients, protocol, link, client, options, session);
  }

  /** Loses its connection until it returns. */
  async lose(): Promise<void> {
    const lost = untilStatus(this.session.state, 'reconnecting');
    this.link.shut();
    await lost;
  }

  async return(): Promise<void> {
    this.link.reopen();
    await untilStatus(this.session.state, 'online');
  }

  async loseAndReturn(): Promise<void> {
    await this.lose();
    await this.return();
  }

  /** Will find this service the next time that it connects. */
  find(service: Service): void {
    this.link.redirect(service.addresses(this.protocol.addressOf));
  }

  /** Ends the program in order and starts it anew. It remembers nothing. */
  async restart(): Promise<void> {
    this.session.close();
    this.session = this.client.connect(this.options);
    await this.session.ready;
  }

  close(): void {
    this.clients.close();
    this.link.close();
  }
}
