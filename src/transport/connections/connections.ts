import {
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { HeapUse } from '../../limits/heap-use.js';
import { IntervalTask } from '../../timers/interval-task.js';
import { ConnectionLimiter } from './connection-limiter.js';
import { admit } from './admit.js';
import { CallWatchdog, type WatchedCall } from './call-watchdog.js';
import { Connection } from './connection.js';
import { DisconnectLog } from './disconnect-log.js';
import { ByteBudget, CallMemory, callMemoryOf } from './call-memory.js';
import { http2ServersOf, socketUnderTls } from './private-parts.js';

/** The byte budget of one connection. It is limited to half of the budget of the node. */
const HELD_PER_CONNECTION = 32 * 1024 * 1024;

/**
 * The number of calls that a connection may have open before one of them had a valid token. The client learns the limit
 * from the HTTP/2 SETTINGS, and holds back further calls until the first response. Health checks need one or two calls.
 */
export const CALLS_BEFORE_TOKEN = 16;

/** Each connection is checked once per second. Each tick checks a tenth of them. */
const SLOTS = 10;
const TICK_MS = 1000 / SLOTS;

/**
 * The size limit of the metadata of a call in bytes, its token included: names and values, and 32 more for each. HTTP/2
 * announces it to the client.
 */
const MAX_METADATA_BYTES = 16 * 1024;

const REASONS = {
  max_connections: 'MAX_CONNECTIONS_PER_NODE are open',
  max_connections_per_address: 'it has MAX_CONNECTIONS_PER_ADDRESS_PER_NODE connections',
  handshake_timeout: 'it did not complete the HTTP/2 handshake in time',
  flood: 'it sent far more than its calls need',
  protocol_error: 'it violated the HTTP/2 protocol',
  rejected_calls: 'it continued to call although its calls were rejected',
} as const;

/** Session errors that the peer caused, as opposed to errors of the network. */
const PEER_ERRORS = ['ERR_HTTP2_ERROR', 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES'];

/**
 * Watches all gRPC connections and enforces their limits: their number, the time of the HTTP/2 handshake, bytes sent
 * without calls, and sockets that stay open after their session. Node itself enforces the rules of HTTP/2, and grpc-js
 * finds silent peers with keep-alive.
 */
@Injectable()
export class Connections implements OnApplicationShutdown {
  readonly disconnects = new DisconnectLog('Connections', REASONS);
  readonly calls: CallWatchdog;
  private readonly slots = Array.from({ length: SLOTS }, () => new Set<Connection>());
  private readonly admission: ConnectionLimiter;
  private readonly ofSocket = new WeakMap<object, Connection>();
  private readonly ofSession = new WeakMap<object, Connection>();
  /** The connections that will be disconnected in the next iteration of the event loop, because of rejected calls. */
  private readonly pendingDisconnect = new WeakSet<Connection>();
  /** The bytes that all calls hold, including calls over HTTP/1.1. */
  readonly callMemory: CallMemory;
  private acceptingConnection: Connection | undefined;
  // Not `@Interval`, which ends when the shutdown begins, while connections are still open.
  private readonly checking = new IntervalTask(TICK_MS, () => this.check());
  private next = 0;
  private turn = 0;

  constructor(
    private readonly config: Config,
    heap: HeapUse,
  ) {
    const { connections, connectionsPerAddress } = config.limits;
    this.admission = new ConnectionLimiter({
      max: connections,
      maxPerAddress: connectionsPerAddress,
    });
    this.callMemory = new CallMemory(callMemoryOf(heap.maxBytes));
    this.calls = new CallWatchdog(config.fixed.callTimeoutMs, this.callMemory);
  }

  /** The number of open connections. */
  get size(): number {
    return this.admission.size;
  }

  /** Starts to watch a server. Must be called as soon as the server listens, before a client can have connected. */
  guard(server: Server): void {
    for (const http2Server of http2ServersOf(server)) this.guardServer(http2Server);
    this.checking.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.checking.stop();
  }

  /**
   * Counts a new call, and watches it if the service itself serves it, which then reports what happens to it. Returns
   * undefined if its connection is closed, or if the call was ended.
   */
  watch(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    maxRequestBytes: number,
  ): WatchedCall | undefined {
    const connection = this.under(stream);
    return connection && this.calls.begin(stream, headers, connection, maxRequestBytes);
  }

  /** Counts a new call, and watches it if grpc-js has not answered it already. */
  watchForLibrary(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    maxRequestBytes: number,
  ): void {
    const connection = this.under(stream);
    if (connection !== undefined)
      this.calls.beginForLibrary(stream, headers, connection, maxRequestBytes);
  }

  /** Raises the call limit of a connection, because one of its calls had a valid token. */
  trust(session: object | undefined): void {
    if (session !== undefined) this.ofSession.get(session)?.trust();
  }

  /**
   * Disconnects the peer of a session because it repeats rejected calls. The disconnect is delayed: calls arrive while
   * Node reads from the connection, and if the session were destroyed then, Node would continue to read into freed
   * memory.
   */
  disconnectCaller(session: object | undefined): void {
    const connection = session && this.ofSession.get(session);
    if (connection === undefined || this.pendingDisconnect.has(connection)) return;
    this.pendingDisconnect.add(connection);
    setImmediate(() => this.disconnect(connection, 'rejected_calls'));
  }

  /** Returns the connection of a stream. Undefined if it is closed. */
  private under(stream: ServerHttp2Stream): Connection | undefined {
    return stream.session && this.ofSession.get(stream.session);
  }

  private guardServer(server: Http2Server | Http2SecureServer): void {
    server.updateSettings({ maxHeaderListSize: MAX_METADATA_BYTES });
    // A rejected socket must not reach the listeners of Node, which would create an HTTP/2 session on it.
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const connection = this.accept(socket);
      if (connection === undefined) return;
      this.acceptingConnection = connection;
      for (const listener of listeners) listener.call(server, socket);
      this.acceptingConnection = undefined;
    });
    server.on('session', (session: ServerHttp2Session) => {
      // With TLS, Node emits the session later, after the TLS handshake.
      const connection =
        this.acceptingConnection ?? this.ofSocket.get(socketUnderTls(session.socket));
      if (connection === undefined) return;
      connection.begin(session);
      this.ofSession.set(session, connection);
    });
    server.on('sessionError', (error: NodeJS.ErrnoException, session: ServerHttp2Session) => {
      if (!PEER_ERRORS.includes(error.code ?? '')) return;
      this.disconnects.add('protocol_error', this.ofSession.get(session)?.network);
    });
  }

  /** Accepts a connection, or destroys it when a limit is reached. */
  private accept(socket: Socket): Connection | undefined {
    const admitted = admit(socket, this.admission, this.disconnects);
    if (admitted === undefined) return undefined;
    const connection = new Connection(
      socket,
      admitted.network,
      new ByteBudget(Math.min(HELD_PER_CONNECTION, this.callMemory.max / 2)),
      this.config.grpc.maxStreamsPerConnection,
    );
    const slot = this.slots[this.next++ % SLOTS]!;
    slot.add(connection);
    this.ofSocket.set(socket, connection);
    socket.once('close', () => slot.delete(connection));
    return connection;
  }

  private check(): void {
    const now = performance.now();
    for (const connection of this.slots[this.turn++ % SLOTS]!)
      this.checkConnection(connection, now);
  }

  private checkConnection(connection: Connection, now: number): void {
    const { handshakeTimeoutMs } = this.config.fixed;
    if (connection.isClosed) connection.destroyIfLingering();
    else if (connection.isFlooding()) this.disconnect(connection, 'flood');
    else if (!connection.handshakeComplete && now - connection.openedAt > handshakeTimeoutMs) {
      this.disconnect(connection, 'handshake_timeout');
    }
  }

  private disconnect(connection: Connection, reason: keyof typeof REASONS): void {
    this.disconnects.add(reason, connection.network);
    connection.disconnect();
  }
}
