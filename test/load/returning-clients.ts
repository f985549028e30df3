import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryInfo } from '../../src/api/generated/google/rpc/error_details.pb.js';
import { Status } from '../../src/api/generated/google/rpc/status.pb.js';
import { tokenOf } from './grpc-clients.js';
import { userId } from './sessions.js';

/**
 * The delay before a client replaces a lost connection. The actual delay is up to twice as long.
 */
const RECONNECT_MS = 500;

/**
 * Clients that all reconnect at the same time, each on a separate connection. They retry when the
 * server gives a retry hint.
 */
export class ReturningClients {
  /** The number of calls that were rejected with a retry hint. */
  refusals = 0;
  /** The number of connections that were lost before they had a session. */
  losses = 0;
  private readonly connections: ClientHttp2Session[] = [];

  constructor(private readonly port: number) {}

  /** Resolves when every client has a session. */
  async return(count: number): Promise<void> {
    const tokens = await Promise.all(Array.from({ length: count }, (_, i) => tokenOf(userId(i))));
    await Promise.all(tokens.map((token) => this.returnOne(token)));
  }

  leave(): void {
    for (const connection of this.connections) connection.destroy();
  }

  private async returnOne(token: string): Promise<void> {
    for (let connection = this.connect(); ;) {
      const retryMs = await beginSession(connection, token);
      if (retryMs === 'begun') return;
      if (retryMs === 'lost') {
        this.losses++;
        await sleep(RECONNECT_MS * (1 + Math.random()));
        connection = this.connect();
      } else {
        this.refusals++;
        await sleep(retryMs);
      }
    }
  }

  private connect(): ClientHttp2Session {
    const connection = connect(`http://127.0.0.1:${this.port}`);
    connection.on('error', () => {});
    this.connections.push(connection);
    return connection;
  }
}

/**
 * Begins a session. Otherwise returns the retry hint in milliseconds, or that the connection was
 * lost.
 */
function beginSession(
  connection: ClientHttp2Session,
  token: string,
): Promise<number | 'begun' | 'lost'> {
  const stream = connection.request({
    ':method': 'POST',
    ':path': '/presence.v1.SessionService/Connect',
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: `Bearer ${token}`,
  });
  stream.end(Buffer.alloc(5));
  return new Promise((resolve) => {
    stream.on('error', () => {});
    stream.on('close', () => resolve('lost'));
    stream.on('data', () => resolve('begun'));
    stream.on('trailers', (trailers: IncomingHttpHeaders) => {
      const details = trailers['grpc-status-details-bin'];
      const [info] = Status.decode(Buffer.from(String(details), 'base64')).details;
      const { seconds, nanos } = RetryInfo.decode(info!.value).retryDelay!;
      resolve(seconds * 1000 + nanos / 1e6);
    });
  });
}
