import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { http2StreamOf } from './http2-stream.js';
import type { ServerStream } from '../call/server-stream.js';

/**
 * The server's end of a streaming call of gRPC, with what grpc-js does not offer: whether the client went or was lost.
 */
export class CallStream implements ServerStream {
  /** HTTP/2 pings it. */
  readonly noticesSilence = true;
  /** Kept from the start, since a closed stream no longer knows it. */
  private readonly connection: Connection | undefined;

  constructor(readonly stream: ServerHttp2Stream) {
    this.connection = connectionOf(stream.session as ServerHttp2Session | undefined);
  }

  /** The connection under it. Undefined: it was gone before the call was heard. */
  get session(): ServerHttp2Session | undefined {
    return this.connection?.session;
  }

  get isReady(): boolean {
    return !this.stream.writableNeedDrain;
  }

  /** A client that ends its stream leaves the connection standing; one that closes its connection says goodbye first. */
  get isConnectionLost(): boolean {
    if (this.connection === undefined) return true;
    return this.connection.session.destroyed && !this.connection.receivedGoaway;
  }

  onReady(listener: () => void): void {
    this.stream.on('drain', listener);
  }
}

/** The HTTP/2 stream of any call, as a handler is given it. Undefined: it came over HTTP/1.1. */
export function streamOf(call: object): ServerHttp2Stream | undefined {
  if (call instanceof CallStream) return call.stream;
  return 'call' in call ? http2StreamOf(call) : undefined;
}

/** The connection of any call, as a handler is given it. Undefined: it has gone, or is none of HTTP/2. */
export function sessionOf(call: object): object | undefined {
  return call instanceof CallStream ? call.session : streamOf(call)?.session;
}

interface Connection {
  readonly session: ServerHttp2Session;
  /** Whether the client has sent GOAWAY, by which it closes a connection in order. */
  receivedGoaway: boolean;
}

/** One entry for all streams of a connection, however many they are. It goes with the connection. */
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
