import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authority } from '../support/certificates.js';
import { TlsFolder } from '../support/tls-folder.js';
import { BARE_GRPC, PRESENCE_SERVICE, startGrpcServer, type GrpcServer } from './grpc-server.js';
import { median } from './median.js';
import { progress } from './progress.js';
import { tlsSocket, type ClientTls, type RawConnection } from './raw-connection.js';
import type { ServerProcess } from './server-process.js';
import { openSessions } from './sessions.js';

const FRIENDS = 10;
/** After this time, every connection was pinged, and the work that connecting has caused is done. */
const SETTLE_MS = 6000;
/** The time for the rest of the work that belongs to the clients that have just connected. */
const REST_MS = 300;

export interface ConnectLoad {
  /** The number of clients that connect in each round. */
  readonly clients: number;
  readonly atOnce: number;
  readonly rounds: number;
}

export interface ConnectResult {
  readonly transport: Transport;
  readonly name: string;
  readonly clients: number;
  /** Processor time of the server for a connection with `Connect` and `Subscribe`. */
  readonly cpuMicrosPerClient: number;
  /** The factor by which a client costs more than with bare grpc-js: from pairs of rounds. */
  readonly timesBare: number;
  /** The processor time beyond that of bare grpc-js: from pairs of rounds. The handshake of TLS is not part of it. */
  readonly cpuMicrosOverBare: number;
  readonly rssKilobytesPerClient: number;
  /** Processor time for each second of a client that does nothing. */
  readonly idleMicrosPerClient: number;
}

/** `TLS, resumed`: each client has a ticket of an earlier connection to the server. */
export type Transport = 'plain' | 'TLS' | 'TLS, resumed';

/**
 * Measures what a client costs that connects, beside a grpc-js server that sends one empty message on each of the two
 * streams. Both servers run, and clients connect to them in turns.
 */
export async function measureConnect(load: ConnectLoad): Promise<readonly ConnectResult[]> {
  const folder = await TlsFolder.with(await (await Authority.make('bench')).server());
  try {
    const results: ConnectResult[] = [];
    for (const transport of ['plain', 'TLS', 'TLS, resumed'] as const) {
      const env = transport === 'plain' ? {} : folder.settings;
      results.push(...(await measureTransport(transport, env, load)));
    }
    return results;
  } finally {
    await folder.remove();
  }
}

async function measureTransport(
  transport: Transport,
  env: Readonly<Record<string, string>>,
  load: ConnectLoad,
): Promise<readonly ConnectResult[]> {
  const servers: ConnectedServer[] = [];
  try {
    for (const target of [BARE_GRPC, PRESENCE_SERVICE]) {
      servers.push(await ConnectedServer.start({ ...target, env }, transport, load));
    }
    for (let round = 1; round <= load.rounds; round++) {
      for (const server of servers) {
        progress(`${transport}, ${server.name}: round ${round} of ${load.rounds}`);
        await server.connect();
      }
    }
    await sleep(SETTLE_MS);
    for (const server of servers) await server.idle();
    return servers.map((server) => server.resultBeside(servers[0]!));
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** A server and the clients that have connected to it. */
class ConnectedServer {
  private readonly micros: number[] = [];
  private readonly connections: RawConnection[] = [];
  private rssBefore = 0;
  private idleMicros = 0;

  private constructor(
    private readonly transport: Transport,
    readonly name: string,
    private readonly server: ServerProcess,
    private readonly tls: ClientTls | undefined,
    private readonly load: ConnectLoad,
  ) {}

  /** Starts the server, and warms it up with the clients of one round, which stay. */
  static async start(
    target: GrpcServer,
    transport: Transport,
    load: ConnectLoad,
  ): Promise<ConnectedServer> {
    const server = await startGrpcServer(target);
    const tls = transport === 'plain' ? undefined : { ticket: await ticketFor(transport, server) };
    const connected = new ConnectedServer(transport, target.name, server, tls, load);
    await connected.connect();
    await sleep(SETTLE_MS);
    connected.micros.length = 0;
    connected.rssBefore = server.usage().rssBytes;
    return connected;
  }

  async connect(): Promise<void> {
    const { clients, atOnce } = this.load;
    const from = this.connections.length;
    const before = this.server.usage().cpuSeconds;
    const options = { atOnce, tls: this.tls };
    const opened = await openSessions(this.server.port, from + clients, FRIENDS, from, options);
    await sleep(REST_MS);
    this.micros.push(((this.server.usage().cpuSeconds - before) / clients) * 1e6);
    this.connections.push(...opened);
  }

  /** Measures the clients while they do nothing. */
  async idle(): Promise<void> {
    const before = this.server.usage().cpuSeconds;
    await sleep(SETTLE_MS);
    const micros = (this.server.usage().cpuSeconds - before) * 1e6;
    this.idleMicros = micros / this.connections.length / (SETTLE_MS / 1000);
  }

  resultBeside(bare: ConnectedServer): ConnectResult {
    const clients = this.load.clients * this.load.rounds;
    const grown = this.server.usage().rssBytes - this.rssBefore;
    return {
      transport: this.transport,
      name: this.name,
      clients,
      cpuMicrosPerClient: median(this.micros),
      timesBare: median(this.micros.map((micros, round) => micros / bare.micros[round]!)),
      cpuMicrosOverBare: median(this.micros.map((micros, round) => micros - bare.micros[round]!)),
      rssKilobytesPerClient: grown / 1024 / clients,
      idleMicrosPerClient: this.idleMicros,
    };
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await this.server.stop();
  }
}

/** Returns a ticket of the server that resumes TLS sessions. */
async function ticketFor(
  transport: Transport,
  { port }: ServerProcess,
): Promise<Buffer | undefined> {
  if (transport !== 'TLS, resumed') return undefined;
  const first = tlsSocket(port, { ticket: undefined });
  const [ticket] = (await once(first, 'session')) as [Buffer];
  first.destroy();
  const second = tlsSocket(port, { ticket });
  await once(second, 'secureConnect');
  const isResumed = second.isSessionReused();
  second.destroy();
  if (!isResumed) throw new Error('the server resumes no TLS session');
  return ticket;
}
