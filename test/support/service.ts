import type { Server } from 'node:http';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { INestApplication, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppModule } from '../../src/app.module.js';
import { signToken } from '../../src/auth/sign-token.js';
import { Clock } from '../../src/clock/clock.js';
import { readConfig, type Config } from '../../src/config/config.js';
import { connectGrpc } from '../../src/bootstrap/grpc.js';
import { attachHttpApi } from '../../src/bootstrap/connect-rpc.js';
import { DeadlineSweeper } from '../../src/presence/deadline-sweeper.js';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import { grpcChannel, type Channel } from './channel.js';
import { Client } from './client.js';
import { HttpChannel } from './http-channel.js';
import { ManualClock } from './manual-clock.js';
import { NODES, OVER_HTTP, sharedSettings } from './nodes.js';

export const SECRET = 'a secret of the tests, 32 bytes or more';

/** Where one process of a service is found. */
export interface Ports {
  readonly grpcAddress: string;
  readonly httpUrl: string;
}

/** One process of a service, as it would be, with ports of its own. */
interface Node extends Ports {
  readonly app: INestApplication;
}

/** What Nest can be asked for. */
type Token<T> = Type<T> | (abstract new (...args: never[]) => T);

/**
 * A whole service on free ports, with clients of it. It is one node, or as many as `PRESENCE_TEST_NODES` says: then every
 * client has a connection to each of them, and every call of it goes to another than the one before. So the clients do
 * themselves what a load balancer in between would do to them, but without one that ends connections, answers
 * pings and buffers messages in their stead: the difference between a client that goes and one that is lost, and the
 * pace of a slow reader, reach the nodes as they are.
 */
export class Service {
  private readonly clients: Client[] = [];
  private turn = 0;

  private constructor(
    private readonly nodes: readonly Node[],
    readonly clock: ManualClock,
  ) {}

  /** `settings` are environment variables. The time stands still unless it is moved with `passTime`. */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    clock = new ManualClock(),
  ): Promise<Service> {
    const config = readConfig({
      GRPC_URL: '127.0.0.1:0',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      AUTH_JWT_SECRET: SECRET,
      // Sessions that a test leaves open are waited for at the end of each.
      DRAIN_TIMEOUT_MS: '100',
      // Time stands still, so that what is allowed for a second would have to do for all of a test.
      MAX_COMMANDS_PER_SECOND: '0',
      MAX_CALLS_PER_SECOND_PER_USER: '0',
      MAX_PRESENCES_PER_SECOND_PER_USER: '0',
      MAX_NEW_SESSIONS_PER_SECOND: '0',
      // Over HTTP every session needs heartbeats, and most tests are not about them.
      ...(OVER_HTTP && { HEARTBEAT_TIMEOUT_MS: '604800000' }),
      ...sharedSettings(),
      ...settings,
    });
    const starting = Array.from({ length: NODES }, () => startNode(config, clock));
    return new Service(await Promise.all(starting), clock);
  }

  /** Where the nodes are, another one first each time. */
  addresses(addressOf = addressOfTests): readonly string[] {
    const first = this.turn++ % this.nodes.length;
    const addresses = this.nodes.map(addressOf);
    return [...addresses.slice(first), ...addresses.slice(0, first)];
  }

  /** Where the node is whose turn it is, for what has a single connection. */
  address(): string {
    return this.addresses()[0]!;
  }

  /** Where health is told. */
  get httpUrl(): string {
    return this.nodes[0]!.httpUrl;
  }

  /** The same of every node. */
  get httpUrls(): readonly string[] {
    return this.nodes.map(({ httpUrl }) => httpUrl);
  }

  /** The HTTP server of every node. */
  httpServers(): readonly Server[] {
    return this.nodes.map(({ app }) => app.getHttpServer() as Server);
  }

  /** This part of every node. */
  all<T>(part: Token<T>): readonly [T, ...T[]] {
    const [first, ...others] = this.nodes.map(({ app }) => app.get<T>(part));
    return [first!, ...others];
  }

  /** How many of something the nodes hold together. */
  sizeOf(part: Token<{ readonly size: number }>): number {
    return this.all(part).reduce((sum, { size }) => sum + size, 0);
  }

  /** A client on connections of its own, with a token of this user. */
  async client(userId: string, options: { readonly isAdmin?: boolean } = {}): Promise<Client> {
    return this.clientWithToken(await tokenOf(userId, options));
  }

  /** A client of gRPC over TLS. `addresses` is where it finds the nodes, when not directly. */
  async secureClient(
    userId: string,
    security: ChannelCredentials,
    addresses = this.addresses(),
  ): Promise<Client> {
    const secureChannelTo = (address: string): Channel => grpcChannel(address, security);
    return this.clientWithToken(await tokenOf(userId), addresses, secureChannelTo);
  }

  /** A client with any token, or with none, that calls as all clients of the tests do unless told otherwise. */
  clientWithToken(
    token: string | undefined,
    addresses = this.addresses(),
    channelTo = testChannelTo,
  ): Client {
    const client = new Client(addresses, token, channelTo);
    this.clients.push(client);
    return client;
  }

  /** Moves the clock and lets the service do what has become due. */
  async passTime(ms: number): Promise<void> {
    // A node sees to what is due of the users it has heard of.
    await Promise.all(this.all(PresenceStore).map((store) => store.awaitCurrent()));
    this.clock.advance(ms);
    await Promise.all(this.all(DeadlineSweeper).map((sweeper) => sweeper.sweep()));
    await Promise.all(this.all(SessionRegistry).map((streams) => streams.endSilent()));
  }

  /** Stops the clients and the service. */
  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await Promise.all(this.nodes.map(({ app }) => app.close()));
  }
}

function addressOfTests(ports: Ports): string {
  return OVER_HTTP ? httpAddress(ports) : ports.grpcAddress;
}

export function httpAddress({ httpUrl }: Ports): string {
  return new URL(httpUrl).host;
}

function testChannelTo(address: string): Channel {
  return OVER_HTTP ? new HttpChannel(address) : grpcChannel(address);
}

async function startNode(config: Config, clock: ManualClock): Promise<Node> {
  const module = await Test.createTestingModule({ imports: [AppModule.with(config)] })
    .overrideProvider(Clock)
    .useValue(clock)
    .compile();
  const app = module.createNestApplication({ logger: false });
  const grpc = connectGrpc(app);
  attachHttpApi(app, grpc);
  await app.init();
  await app.startAllMicroservices();
  await app.listen(config.http.port, config.http.host);
  return { app, grpcAddress: `127.0.0.1:${grpc.port}`, httpUrl: await app.getUrl() };
}

/** A token as the product that uses the service would make it. It outlasts the time that tests let pass. */
export function tokenOf(
  userId: string,
  options: { readonly isAdmin?: boolean; readonly ttlSeconds?: number } = {},
): Promise<string> {
  return signToken({ key: SECRET, userId, ttlSeconds: 604_800, ...options });
}
