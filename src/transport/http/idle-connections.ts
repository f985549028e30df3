import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Admitted } from '../connections/admit.js';

/**
 * The HTTP connections whose last request was answered and that have no new request. They stay open for a long time
 * because a proxy may use them again, but they can be closed when a new connection needs a slot.
 */
export class IdleConnections {
  private readonly admitted = new WeakMap<Socket, Admitted>();
  /** The idle connections, longest idle first. */
  private readonly idle = new Map<Socket, Admitted>();

  constructor(server: Server) {
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.idle.delete(socket);
      response.once('finish', () => this.rest(socket));
    });
  }

  /** The number of idle connections. */
  get size(): number {
    return this.idle.size;
  }

  /** Adds an accepted connection. */
  add(socket: Socket, admitted: Admitted): void {
    this.admitted.set(socket, admitted);
    socket.once('close', () => this.idle.delete(socket));
  }

  /**
   * Closes the connection that has been idle for longest, of the given network if there is one. Returns whether it
   * closed a connection.
   */
  makeRoom(network: string | undefined): boolean {
    for (const [socket, admitted] of this.idle) {
      if (network !== undefined && admitted.network !== network) continue;
      this.idle.delete(socket);
      admitted.leave();
      socket.destroy();
      return true;
    }
    return false;
  }

  private rest(socket: Socket): void {
    const admitted = this.admitted.get(socket);
    if (admitted !== undefined && !socket.destroyed) this.idle.set(socket, admitted);
  }
}
