import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Admitted } from '../connections/admit.js';

/**
 * Connections of HTTP on which a request was answered and no other has begun. They are kept for long, since a proxy may
 * use one at any time, but each of them can be spared when a new one needs its place.
 */
export class IdleConnections {
  private readonly admitted = new WeakMap<Socket, Admitted>();
  /** The one that has been idle for longest comes first. */
  private readonly idle = new Map<Socket, Admitted>();

  constructor(server: Server) {
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.idle.delete(socket);
      response.once('finish', () => this.rest(socket));
    });
  }

  /** How many there are. */
  get size(): number {
    return this.idle.size;
  }

  /** A connection was let in. */
  add(socket: Socket, admitted: Admitted): void {
    this.admitted.set(socket, admitted);
    socket.once('close', () => this.idle.delete(socket));
  }

  /** Closes the one that has been idle for longest, of that network if one is given. Returns whether there was one. */
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
