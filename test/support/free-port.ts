import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * The ports that are tried. Systems give those above 32,767 to outgoing connections, which could
 * take a port before the test listens on it.
 */
const [FIRST_PORT, LAST_PORT] = [12_000, 17_000];

/**
 * A process that has reserved a port listens on the port that is higher by this number. The bus of
 * a Redis Cluster listens 10,000 ports higher.
 */
const RESERVATION = 5_000;

/**
 * Returns a port of this machine on which no process listens, and reserves it among the processes
 * of the tests until this one ends. A server that restarts therefore finds its port free.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    const reservation = await listen(port + RESERVATION);
    const server = reservation && (await listen(port));
    if (server !== undefined) {
      await new Promise((resolve) => server.close(resolve));
      return port;
    }
    reservation?.close();
  }
}

/** Returns undefined if another process listens on the port. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer().unref();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
