import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * The ports that are tried. Systems give higher ones to outgoing connections, which could take a
 * port before the test listens on it. The bus of a Redis Cluster listens 10,000 ports higher.
 */
const [FIRST_PORT, LAST_PORT] = [12_000, 22_000];

/** Returns a port of this machine on which no process listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
