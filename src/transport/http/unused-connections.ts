import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Makes a closing server destroy connections that never had a request. Browsers open such connections in advance. Node
 * closes other idle connections, but would wait for these forever.
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
    // Stop accepting connections first.
    close(callback);
    for (const socket of unused) socket.destroy();
    return server;
  };
}
