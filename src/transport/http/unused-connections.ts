import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Has a server that closes take leave of connections on which nothing was ever asked. Browsers open such to have one at
 * hand, and Node, which lets go of idle ones, waits for these without end.
 */
export function dropUnusedAtClose(server: Server): void {
  const unused = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }) => unused.delete(socket));
  const close = server.close.bind(server);
  server.close = (callback) => {
    // First no more are let in.
    close(callback);
    for (const socket of unused) socket.destroy();
    return server;
  };
}
