import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppModule } from '../../src/app.module.js';
import { signToken } from '../../src/auth/sign-token.js';
import { Clock } from '../../src/clock/clock.js';
import { readConfig } from '../../src/config/config.js';
import { attachGrpc } from '../../src/grpc/transport.js';
import { TimeSweeper } from '../../src/presence/time-sweeper.js';
import { Client } from './client.js';
import { ManualClock } from './manual-clock.js';

export const SECRET = 'a secret of the tests, 32 bytes or more';

/** A whole service on free ports, with clients of it. */
export class Service {
  private readonly clients: Client[] = [];

  private constructor(
    readonly app: INestApplication,
    readonly grpcAddress: string,
    readonly httpUrl: string,
    readonly clock: ManualClock,
  ) {}

  /** `settings` are environment variables. The time stands still unless it is moved with `passTime`. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<Service> {
    const config = readConfig({
      GRPC_URL: '127.0.0.1:0',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      AUTH_JWT_SECRET: SECRET,
      // Sessions that a test leaves open are waited for at the end of each.
      DRAIN_TIMEOUT_MS: '100',
      ...settings,
    });
    const clock = new ManualClock();
    const module = await Test.createTestingModule({ imports: [AppModule.with(config)] })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    const app = module.createNestApplication({ logger: false });
    const grpc = attachGrpc(app);
    await app.init();
    await app.startAllMicroservices();
    await app.listen(config.http.port, config.http.host);
    return new Service(app, `127.0.0.1:${grpc.port}`, await app.getUrl(), clock);
  }

  /** A client on a connection of its own, with a token of this user. */
  async client(userId: string, options: { readonly isAdmin?: boolean } = {}): Promise<Client> {
    return this.clientWithToken(await tokenOf(userId, options));
  }

  /** A client with any token, or with none. `address` is where it finds the service, when not directly. */
  clientWithToken(token: string | undefined, address = this.grpcAddress): Client {
    const client = new Client(address, token);
    this.clients.push(client);
    return client;
  }

  /** Moves the clock and lets the service do what has become due. */
  async passTime(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.app.get(TimeSweeper).sweep();
  }

  /** Stops the clients and the service. */
  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.app.close();
  }
}

/** A token as the product that uses the service would make it. It outlasts the time that tests let pass. */
export function tokenOf(
  userId: string,
  options: { readonly isAdmin?: boolean; readonly ttlSeconds?: number } = {},
): Promise<string> {
  return signToken({ key: SECRET, userId, ttlSeconds: 604_800, ...options });
}
