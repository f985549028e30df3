import {
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { CONFIG } from '../../config/config.module.js';
import { HeapUse } from '../../limits/heap-use.js';
import { ConnectionLimiter } from './connection-limiter.js';
import { admit } from './admit.js';
import { ByteBudget } from './byte-budget.js';
import { CallWatchdog } from './call-watchdog.js';
import { Connection } from './connection.js';
import { DisconnectLog } from './disconnect-log.js';
import { HeldBytes, heldBytesOf } from './held-bytes.js';
import { http2ServersOf } from './http2-servers.js';
import { socketUnderTls } from './socket-under-tls.js';

/** What one connection may make the server hold of calls that are not answered: at most half of what all may. */
const HELD_PER_CONNECTION = 32 * 1024 * 1024;

/**
 * How many calls a connection may have open before one of them has had a valid token. HTTP/2 tells the client, which
 * waits with the others for the first answer. Health checks need one or two.
 */
export const CALLS_BEFORE_TOKEN = 16;

/** Every connection is looked at once a second, a tenth of them at a time. */
const SLOTS = 10;
const TICK_MS = 1000 / SLOTS;

const REASONS = {
  full: 'there are MAX_CONNECTIONS',
  network_full: 'it has MAX_CONNECTIONS_PER_ADDRESS',
  handshake: 'it did not begin to speak HTTP/2 within CONNECTION_HANDSHAKE_TIMEOUT_MS',
  flood: 'it sent far more than its calls need',
  protocol: 'it broke the rules of HTTP/2',
  refused: 'it went on calling while it was refused, and did not wait',
} as const;

/** Errors of a session that are its peer's doing, and not that of the network between. */
const PEER_ERRORS = ['ERR_HTTP2_ERROR', 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES'];

/**
 * All connections of gRPC, and what none of them may do: come in greater numbers than allowed, stay without speaking
 * HTTP/2, send without calling, or linger after its end. What HTTP/2 itself forbids is seen to by Node, and silence by
 * grpc-js with its pings.
 */
@Injectable()
export class Connections implements OnApplicationShutdown {
  readonly cuts = new DisconnectLog('Connections', REASONS);
  readonly calls: CallWatchdog;
  private readonly slots = Array.from({ length: SLOTS }, () => new Set<Connection>());
  private readonly admission: ConnectionLimiter;
  private readonly ofSocket = new WeakMap<object, Connection>();
  private readonly ofSession = new WeakMap<object, Connection>();
  /** Those that are about to be cut off for their calls. */
  private readonly pendingDisconnect = new WeakSet<Connection>();
  /** What all calls hold, also those of HTTP/1.1. */
  readonly held: HeldBytes;
  private acceptingConnection: Connection | undefined;
  private timer: NodeJS.Timeout | undefined;
  private next = 0;
  private turn = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    heap: HeapUse,
  ) {
    this.admission = new ConnectionLimiter(config.connections);
    this.held = new HeldBytes(heldBytesOf(heap.maxBytes));
    this.calls = new CallWatchdog(config.connections.callTimeoutMs, this.held);
  }

  /** How many there are. */
  get size(): number {
    return this.admission.size;
  }

  /**
   * Looks after a server from now on. To be called once it listens, and before anybody can have connected.
   * `maxRequestBytes` says how large the request of the method at a path may be.
   */
  watch(server: Server, maxRequestBytes: (path: string) => number): void {
    for (const http2Server of http2ServersOf(server)) {
      this.guardServer(http2Server, maxRequestBytes);
    }
    this.timer = setInterval(() => this.look(), TICK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Whether an answer of that many bytes may be written to a stream. It counts until the peer has taken it. */
  holdAnswer(stream: ServerHttp2Stream, bytes: number): boolean {
    const connection = this.under(stream);
    return connection === undefined || this.calls.holdAnswer(stream, bytes, connection);
  }

  /** A call of a session has had a valid token. */
  trust(session: object | undefined): void {
    if (session !== undefined) this.ofSession.get(session)?.trust();
  }

  /**
   * Cuts off the peer of a session for its calls. Not at once: a call is heard while Node reads from the connection, and
   * Node reads on from a session that is destroyed meanwhile, in memory that is free.
   */
  disconnectCaller(session: object | undefined): void {
    const connection = session && this.ofSession.get(session);
    if (connection === undefined || this.pendingDisconnect.has(connection)) return;
    this.pendingDisconnect.add(connection);
    setImmediate(() => this.cut(connection, 'refused'));
  }

  /** Undefined: it has gone. */
  private under(stream: ServerHttp2Stream): Connection | undefined {
    return stream.session && this.ofSession.get(stream.session);
  }

  private guardServer(
    server: Http2Server | Http2SecureServer,
    maxRequestBytes: (path: string) => number,
  ): void {
    server.updateSettings({ maxHeaderListSize: this.config.connections.maxMetadataBytes });
    // A socket that is turned away must not reach those who would make a session of it.
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const connection = this.enter(socket);
      if (connection === undefined) return;
      this.acceptingConnection = connection;
      for (const listener of listeners) listener.call(server, socket);
      this.acceptingConnection = undefined;
    });
    server.on('session', (session: ServerHttp2Session) => {
      // With TLS the session comes later, when its handshake is done.
      const connection =
        this.acceptingConnection ?? this.ofSocket.get(socketUnderTls(session.socket));
      if (connection === undefined) return;
      connection.begin(session);
      this.ofSession.set(session, connection);
    });
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      const connection = this.under(stream);
      if (connection === undefined) return;
      this.calls.begin(stream, headers, connection, maxRequestBytes(headers[':path'] ?? ''));
    });
    server.on('sessionError', (error: NodeJS.ErrnoException, session: ServerHttp2Session) => {
      if (!PEER_ERRORS.includes(error.code ?? '')) return;
      this.cuts.add('protocol', this.ofSession.get(session)?.network);
    });
  }

  /** Lets a connection in, or turns it away when there are too many. */
  private enter(socket: Socket): Connection | undefined {
    const admitted = admit(socket, this.admission, this.cuts);
    if (admitted === undefined) return undefined;
    const connection = new Connection(
      socket,
      admitted.network,
      new ByteBudget(Math.min(HELD_PER_CONNECTION, this.held.max / 2)),
      this.config.grpc.maxStreamsPerConnection,
    );
    const slot = this.slots[this.next++ % SLOTS]!;
    slot.add(connection);
    this.ofSocket.set(socket, connection);
    socket.once('close', () => slot.delete(connection));
    return connection;
  }

  private look(): void {
    const now = performance.now();
    for (const connection of this.slots[this.turn++ % SLOTS]!) this.lookAt(connection, now);
  }

  private lookAt(connection: Connection, now: number): void {
    const { handshakeTimeoutMs } = this.config.connections;
    if (connection.isClosed) connection.destroyIfLingering();
    else if (connection.isFlooding()) this.cut(connection, 'flood');
    else if (!connection.handshakeComplete && now - connection.openedAt > handshakeTimeoutMs) {
      this.cut(connection, 'handshake');
    }
  }

  private cut(connection: Connection, reason: keyof typeof REASONS): void {
    this.cuts.add(reason, connection.network);
    connection.cutOff();
  }
}
