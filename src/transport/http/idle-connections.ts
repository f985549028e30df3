import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Admitted } from '../connections/admit.js';

/**
 * The HTTP connections on which no response is pending. Those whose last request was answered stay open for a long time
 * because a proxy may use them again, but they can be closed when a new connection needs a slot. When the server
 * closes, all of them are closed: Node would wait for them, and Nest can only close every connection or none
 * (`forceCloseConnections`), which loses the responses in flight.
 */
export class IdleConnections {
  private readonly admitted = new WeakMap<Socket, Admitted>();
  /** The connections whose last request was answered, longest idle first. */
  private readonly idle = new Map<Socket, Admitted>();
  /** The connections that never had a request. Browsers open some in advance. */
  private readonly unused = new Set<Socket>();

  constructor(private readonly server: Server) {
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.unused.delete(socket);
      this.idle.delete(socket);
      response.once('finish', () => this.rest(socket));
    });
    const close = server.close.bind(server);
    server.close = (callback) => {
      // Stop accepting connections first.
      close(callback);
      for (const socket of this.unused) socket.destroy();
      return server;
    };
  }

  /** The number of idle connections. */
  get size(): number {
    return this.idle.size;
  }

  /** Adds an accepted connection. */
  add(socket: Socket, admitted: Admitted): void {
    this.admitted.set(socket, admitted);
    this.unused.add(socket);
    socket.once('close', () => {
      this.unused.delete(socket);
      this.idle.delete(socket);
    });
  }

  /**
   * Closes the connection that has been idle for longest, of the given network if there is one. Returns whether it
   * closed a connection.
   */
  makeRoom(network: string | undefined): boolean {
    for (const [socket, admitted] of this.idle) {
      if (network !== undefined && admitted.network !== network) continue;
      this.idle.delete(socket);
      admitted.release();
      socket.destroy();
      return true;
    }
    return false;
  }

  private rest(socket: Socket): void {
    if (!this.server.listening) return socket.destroySoon();
    const admitted = this.admitted.get(socket);
    if (admitted !== undefined && !socket.destroyed) this.idle.set(socket, admitted);
  }
}
