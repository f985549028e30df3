import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryInfo } from '../../src/api/generated/google/rpc/error_details.pb.js';
import { Status } from '../../src/api/generated/google/rpc/status.pb.js';
import {
  SubscribeRequest,
  SubscribeResponse,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import {
  ConnectRequest,
  ConnectResponse,
} from '../../src/api/generated/presence/v1/session_service.pb.js';
import { encodeFrame } from '../../src/transport/grpc/frame.js';
import { tokenOf } from './grpc-clients.js';
import { tlsSocket } from './raw-connection.js';
import { userId } from './sessions.js';

/**
 * The delay before a client replaces a lost connection. The actual delay is up to twice as long.
 */
const RECONNECT_MS = 500;

export interface ReturningClientsOptions {
  /** The number of users that each client follows. Zero: it does not subscribe. */
  readonly friends: number;
  readonly tls: boolean;
}

interface ReturningClient {
  readonly index: number;
  readonly token: string;
  connection: ClientHttp2Session | undefined;
  /** The last session, resume token and TLS ticket that the client has received. It presents them when it returns. */
  sessionId: string;
  resumeToken: string;
  ticket: Buffer | undefined;
}

/** The outcome of a call: its stream has begun, its connection was lost, or the retry hint in milliseconds. */
type Outcome = 'begun' | 'lost' | number;

/**
 * Clients that all reconnect at the same time, each on a separate connection. They retry when the
 * server gives a retry hint, and continue with the session and the position that they had.
 */
export class ReturningClients {
  /** The number of calls that were rejected with a retry hint. */
  refusals = 0;
  /** The number of connections that were lost before they had a session. */
  losses = 0;
  /** The number of connections that resumed an earlier TLS session. */
  resumed = 0;
  private clients: readonly ReturningClient[] = [];

  /** The clients connect to the ports in turns. */
  constructor(
    private ports: readonly number[],
    private readonly options: ReturningClientsOptions = { friends: 0, tls: false },
  ) {}

  /** Resolves when every client has a session, and its subscription is up to date. */
  async return(count: number): Promise<void> {
    const added = Array.from({ length: count - this.clients.length }, async (_, i) => {
      const index = this.clients.length + i;
      const token = await tokenOf(userId(index));
      const nothing = { connection: undefined, sessionId: '', resumeToken: '', ticket: undefined };
      return { index, token, ...nothing };
    });
    this.clients = [...this.clients, ...(await Promise.all(added))];
    await Promise.all(this.clients.map((client) => this.returnOne(client)));
  }

  /** From now on, the clients connect to other ports. */
  moveTo(ports: readonly number[]): void {
    this.ports = ports;
    this.refusals = this.losses = this.resumed = 0;
  }

  leave(): void {
    for (const { connection } of this.clients) connection?.destroy();
  }

  private async returnOne(client: ReturningClient): Promise<void> {
    for (client.connection = this.connect(client); ;) {
      let outcome = await this.beginSession(client);
      if (outcome === 'begun') outcome = await this.subscribe(client);
      if (outcome === 'begun') return;
      if (outcome === 'lost') {
        this.losses++;
        await sleep(RECONNECT_MS * (1 + Math.random()));
        client.connection = this.connect(client);
      } else {
        this.refusals++;
        await sleep(outcome);
      }
    }
  }

  private connect(client: ReturningClient): ClientHttp2Session {
    client.connection?.destroy();
    const port = this.ports[client.index % this.ports.length]!;
    const connection = this.options.tls
      ? connect(`https://127.0.0.1:${port}`, { createConnection: () => this.secure(client, port) })
      : connect(`http://127.0.0.1:${port}`);
    return connection.on('error', () => {});
  }

  private secure(client: ReturningClient, port: number): ReturnType<typeof tlsSocket> {
    const socket = tlsSocket(port, client);
    socket.on('session', (ticket) => (client.ticket = ticket));
    socket.once('secureConnect', () => (this.resumed += socket.isSessionReused() ? 1 : 0));
    return socket;
  }

  private beginSession(client: ReturningClient): Promise<Outcome> {
    const request = { ...ConnectRequest.decode(new Uint8Array()), platform: 'bench' };
    const previousSessionId = client.sessionId;
    const bytes = ConnectRequest.encode({ ...request, previousSessionId }).finish();
    return begin(client, 'SessionService/Connect', bytes, (message) => {
      const { body } = ConnectResponse.decode(message);
      if (body?.$case === 'sessionStarted') client.sessionId = body.value.session!.sessionId;
      return true;
    });
  }

  private subscribe(client: ReturningClient): Promise<Outcome> | 'begun' {
    const { friends } = this.options;
    if (friends === 0) return 'begun';
    const { length } = this.clients;
    const { resumeToken } = client;
    const request = { ...SubscribeRequest.decode(new Uint8Array()), resumeToken };
    request.userIds = Array.from({ length: friends }, (_, k) =>
      userId((client.index + 1 + k * 97) % length),
    );
    const bytes = SubscribeRequest.encode(request).finish();
    return begin(client, 'EventsService/Subscribe', bytes, (message) => {
      const received = SubscribeResponse.decode(message);
      if (received.resumeToken !== '') client.resumeToken = received.resumeToken;
      return received.resumeToken !== '';
    });
  }
}

/** Begins a streaming call. `onMessage` returns whether the stream is up to date. */
function begin(
  { connection, token }: ReturningClient,
  method: string,
  request: Uint8Array,
  onMessage: (message: Buffer) => boolean,
): Promise<Outcome> {
  if (connection === undefined || connection.destroyed) return Promise.resolve('lost');
  const stream = connection.request({
    ':method': 'POST',
    ':path': `/presence.v1.${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: `Bearer ${token}`,
  });
  stream.end(encodeFrame(Buffer.from(request)));
  return new Promise((resolve) => {
    let pending: Buffer = Buffer.alloc(0);
    stream.on('error', () => {});
    stream.on('close', () => resolve('lost'));
    stream.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 5) {
        const end = 5 + pending.readUInt32BE(1);
        if (pending.length < end) return;
        if (onMessage(pending.subarray(5, end))) resolve('begun');
        pending = pending.subarray(end);
      }
    });
    stream.on('trailers', (trailers: IncomingHttpHeaders) => resolve(retryMsOf(trailers)));
  });
}

/** Returns the retry hint of a rejection, or the time after which a client retries without a hint. */
function retryMsOf(trailers: IncomingHttpHeaders): number {
  const details = trailers['grpc-status-details-bin'];
  const status = Status.decode(Buffer.from(String(details), 'base64'));
  const info = status.details.find(({ typeUrl }) => typeUrl.endsWith('google.rpc.RetryInfo'));
  if (info === undefined) return RECONNECT_MS * (1 + Math.random());
  const { seconds, nanos } = RetryInfo.decode(info.value).retryDelay!;
  return seconds * 1000 + nanos / 1e6;
}
