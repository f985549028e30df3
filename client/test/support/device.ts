import type { PresenceClient, Session, SessionOptions } from '@presence-service/client';
import { Link } from '../../../test/support/link.js';
import { tokenOf, type Service } from '../../../test/support/service.js';
import { Clients } from './clients.js';
import { untilStatus } from './observed.js';
import type { Protocol } from './protocols.js';

/** A program on a device of a user. It has its own network connection, which can fail. */
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
    // A small random value keeps the pauses between connection attempts short.
    const client = clients.at(link.addresses, userId, { token, random: () => 0.05 });
    const session = client.connect(options);
    await session.ready;
    return new Device(clients, protocol, link, client, options, session);
  }

  /** Breaks the connection of the device until it is restored. */
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

  /** Makes the device reach this service the next time it connects. */
  find(service: Service): void {
    this.link.redirect(service.addresses(this.protocol.addressOf));
  }

  /** Ends the program cleanly and starts it again without any memory. */
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
