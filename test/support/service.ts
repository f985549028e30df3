import type { Server } from 'node:http';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { INestApplication, Type } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { AppModule } from '../../src/app.module.js';
import type { GrantsClaim } from '../../src/auth/grants.js';
import { signToken } from '../../src/auth/sign-token.js';
import { Clock } from '../../src/clock/clock.js';
import { readConfig, type Config } from '../../src/config/config.js';
import type { FixedLimits } from '../../src/config/fixed-limits.js';
import { CountFeed } from '../../src/events/count-feed.js';
import { FanOut } from '../../src/events/fan-out.js';
import { DeadlineSweeper } from '../../src/presence/deadline-sweeper.js';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import { GrpcServerStrategy } from '../../src/transport/grpc/grpc-server.js';
import { grpcChannel, type Channel } from './channel.js';
import { Client } from './client.js';
import { HttpChannel } from './http-channel.js';
import { ManualClock } from './manual-clock.js';
import { NODES, OVER_HTTP, sharedSettings } from './nodes.js';

export const SECRET = 'a-secret-of-the-tests-32-bytes-or-more';

/** The addresses of one node of a service. */
export interface Ports {
  readonly grpcAddress: string;
  readonly httpUrl: string;
}

/** Limits that a test reaches only if it sets them. */
const TOLERANT = {
  // The clock does not advance, so a limit of one second would apply to a complete test.
  newSessionsPerSecond: 0,
  // Far longer than a handshake, a call or a commit takes on a busy machine.
  handshakeTimeoutMs: 600_000,
  callTimeoutMs: 600_000,
  storeTimeoutMs: 600_000,
} satisfies Partial<FixedLimits>;

/** The claims of a token. Without options it is the token of a user without special rights. */
export interface TokenOptions {
  readonly isAdmin?: boolean;
  readonly grants?: GrantsClaim;
  readonly ttlSeconds?: number;
  /** The time of issue, in milliseconds since the epoch. */
  readonly now?: number;
}

/** One node of a service, with its own ports, as in production. */
interface Node extends Ports {
  readonly app: INestApplication;
}

/** How a service is started, besides its settings. */
export interface ServiceOptions {
  readonly clock?: ManualClock;
  /** Other values for limits that are not settings. */
  readonly fixed?: Partial<FixedLimits>;
  /** Whether the intervals of the service run in real time, as in production. */
  readonly hasIntervals?: boolean;
}

/** A type that Nest can resolve. */
type Token<T> = Type<T> | (abstract new (...args: never[]) => T);

/**
 * A complete service on free ports, and clients of it. It has one node, or `PRESENCE_TEST_NODES`
 * nodes. With several nodes, every client has a connection to each node, and sends each call to
 * another node than the one before. So the clients distribute calls as a load balancer would, but
 * no load balancer closes connections, acknowledges pings or buffers messages for them: the nodes
 * can see the difference between a client that leaves and one that is lost, and the speed of a slow
 * reader.
 */
export class Service {
  private readonly clients: Client[] = [];
  private turn = 0;

  private constructor(
    private readonly nodes: readonly Node[],
    readonly clock: ManualClock,
  ) {}

  /**
   * `settings` are environment variables. The clock advances only by `passTime`, which also runs
   * what the service does at intervals, unless the option lets it run by itself as in production.
   */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    { clock = new ManualClock(), fixed = {}, hasIntervals = false }: ServiceOptions = {},
  ): Promise<Service> {
    const environment = {
      GRPC_URL: '127.0.0.1:0',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      AUTH_JWT_SECRET: SECRET,
      // When a test stops the service, the service waits for the sessions that the test left open.
      DRAIN_TIMEOUT_MS: '100',
      MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE: '0',
      MAX_CALLS_PER_SECOND_PER_USER_PER_NODE: '0',
      MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE: '0',
      // The clock can pass hours before a client has read an event.
      EVENT_LOG_MAX_AGE_MS: '604800000',
      // Over HTTP every session needs heartbeats, but most tests do not test them.
      ...(OVER_HTTP && { HEARTBEAT_TIMEOUT_MS: '604800000' }),
      ...sharedSettings(),
      ...settings,
    };
    const config = readConfig(environment, { ...TOLERANT, ...fixed });
    const starting = Array.from({ length: NODES }, () => startNode(config, clock));
    const nodes = await Promise.all(starting);
    if (!hasIntervals) nodes.forEach(stopIntervals);
    return new Service(nodes, clock);
  }

  /** The addresses of the nodes, each time starting with another node. */
  addresses(addressOf = addressOfTests): readonly string[] {
    const first = this.turn++ % this.nodes.length;
    const addresses = this.nodes.map(addressOf);
    return [...addresses.slice(first), ...addresses.slice(0, first)];
  }

  /** The address of the next node, for clients with a single connection. */
  address(): string {
    return this.addresses()[0]!;
  }

  /** The URL of the health endpoint. */
  get httpUrl(): string {
    return this.nodes[0]!.httpUrl;
  }

  /** The HTTP URL of every node. */
  get httpUrls(): readonly string[] {
    return this.nodes.map(({ httpUrl }) => httpUrl);
  }

  /** The HTTP server of every node. */
  httpServers(): readonly Server[] {
    return this.nodes.map(({ app }) => app.getHttpServer() as Server);
  }

  /** This provider of every node. */
  all<T>(part: Token<T>): readonly [T, ...T[]] {
    const [first, ...others] = this.nodes.map(({ app }) => app.get<T>(part));
    return [first!, ...others];
  }

  /** The sum of a size over all nodes. */
  sizeOf(part: Token<{ readonly size: number }>): number {
    return this.all(part).reduce((sum, { size }) => sum + size, 0);
  }

  /** Creates a client on separate connections, with a token of this user. */
  async client(userId: string, options: TokenOptions = {}): Promise<Client> {
    return this.clientWithToken(await tokenOf(userId, options));
  }

  /**
   * Creates a gRPC client over TLS. `addresses` replace the addresses of the nodes, for example
   * with those of a proxy.
   */
  async secureClient(
    userId: string,
    security: ChannelCredentials,
    addresses = this.addresses(),
  ): Promise<Client> {
    const secureChannelTo = (address: string): Channel => grpcChannel(address, security);
    return this.clientWithToken(await tokenOf(userId), addresses, secureChannelTo);
  }

  /**
   * Creates a client with any token or none, over the default protocol of the tests unless an
   * option says otherwise.
   */
  clientWithToken(
    token: string | undefined,
    addresses = this.addresses(),
    channelTo = testChannelTo,
  ): Client {
    const client = new Client(addresses, token, channelTo);
    this.clients.push(client);
    return client;
  }

  /** Advances the clock, and then runs what the service does at intervals. */
  async passTime(ms: number): Promise<void> {
    // A node processes only the deadlines of users that it already knows.
    await Promise.all(this.all(PresenceStore).map((store) => store.view.awaitCurrent()));
    this.clock.advance(ms);
    await this.runIntervals();
  }

  /** Runs once what the service does at intervals, on every node. */
  async runIntervals(): Promise<void> {
    await Promise.all(this.all(DeadlineSweeper).map((sweeper) => sweeper.sweep()));
    await Promise.all(this.all(SessionRegistry).map((streams) => streams.endSilent()));
    for (const streams of this.all(SessionRegistry)) streams.sendHeartbeats();
    for (const fanOut of this.all(FanOut)) fanOut.runMaintenance();
    await Promise.all(this.all(CountFeed).map((counts) => counts.flush()));
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
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(config)] })
    .overrideProvider(Clock)
    .useValue(clock)
    .compile();
  const app = module.createNestApplication({ logger: false, bodyParser: false });
  const grpc = app.get(GrpcServerStrategy);
  app.connectMicroservice<MicroserviceOptions>({ strategy: grpc });
  await app.init();
  await app.startAllMicroservices();
  await app.listen(config.http.port, config.http.host);
  return { app, grpcAddress: `127.0.0.1:${grpc.port}`, httpUrl: await app.getUrl() };
}

/**
 * Stops the timers of the service. They would run at random moments beside the clock, which only a
 * test moves.
 */
function stopIntervals({ app }: Node): void {
  const registry = app.get(SchedulerRegistry);
  for (const name of registry.getIntervals()) registry.deleteInterval(name);
}

/**
 * Signs a token as the product that uses the service does. It does not expire in the time that
 * tests let pass.
 */
export function tokenOf(userId: string, options: TokenOptions = {}): Promise<string> {
  return signToken({ key: SECRET, userId, ttlSeconds: 604_800, ...options });
}
