import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { ServerStream } from '../call/server-stream.js';

/**
 * The server side of a gRPC streaming call. Unlike grpc-js, it distinguishes a client that closed its connection from
 * one that was lost.
 */
export class CallStream implements ServerStream {
  /** HTTP/2 keep-alive detects a silent client. */
  readonly detectsDeadPeer = true;
  /** Stored at the start, because a closed stream no longer has its connection. */
  private readonly connection: Connection | undefined;

  constructor(readonly stream: ServerHttp2Stream) {
    this.connection = connectionOf(stream.session as ServerHttp2Session | undefined);
  }

  /** The HTTP/2 session of the call. Undefined if it was closed before the call was handled. */
  get session(): ServerHttp2Session | undefined {
    return this.connection?.session;
  }

  get isReady(): boolean {
    return !this.stream.writableNeedDrain;
  }

  /**
   * Whether the session was destroyed without a GOAWAY of the client. A client that ends only its stream keeps the
   * connection open, and a client that closes its connection sends GOAWAY first.
   */
  get isConnectionLost(): boolean {
    if (this.connection === undefined) return true;
    return this.connection.session.destroyed && !this.connection.receivedGoaway;
  }

  onReady(listener: () => void): void {
    this.stream.on('drain', listener);
  }
}

/**
 * Returns the HTTP/2 session of a call, given in the form in which handlers receive it: the stream of a unary call, or a
 * `CallStream`. Undefined if the session is closed, or for a call over HTTP/1.1.
 */
export function sessionOf(call: object): object | undefined {
  return (call as Partial<Pick<ServerHttp2Stream, 'session'>>).session;
}

interface Connection {
  readonly session: ServerHttp2Session;
  /** Whether the client has sent GOAWAY without an error, which closes a connection cleanly. */
  receivedGoaway: boolean;
}

/** One entry per HTTP/2 session, shared by all of its streams. It is garbage-collected together with the session. */
const connections = new WeakMap<ServerHttp2Session, Connection>();

function connectionOf(session: ServerHttp2Session | undefined): Connection | undefined {
  if (session === undefined) return undefined;
  const known = connections.get(session);
  if (known !== undefined) return known;
  const connection: Connection = { session, receivedGoaway: false };
  session.once(
    'goaway',
    (code) => (connection.receivedGoaway = code === constants.NGHTTP2_NO_ERROR),
  );
  connections.set(session, connection);
  return connection;
}
