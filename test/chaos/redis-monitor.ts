import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { History } from './history.js';

/** `HSET` of a hash of nodes, in a line of the monitor: when, which hash, which node, and what it is set to. */
const WRITE = /^\+(\d+\.\d+) \[[^\]]*\] "HSET" "([^"]*:nodes)" "([^"]*)" "([^"]*)"/i;

/** What it is set to by a batch that was taken, and by the declaration that a node is dead. */
const BATCH = /^\d+\|/;
const DEAD = /^X\d+$/;

/**
 * Writes down what nodes write, as Redis itself tells it, for as long as that Redis lives. On a socket of its own: the
 * client library takes a line that comes with the answer to MONITOR for the answer to nothing.
 */
export class RedisMonitor {
  private constructor(private readonly socket: Socket) {}

  static async start(port: number, history: History): Promise<RedisMonitor> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => {
      const [, time, partition = '', node = '', value = ''] = WRITE.exec(line) ?? [];
      const at = Number(time) * 1000;
      if (BATCH.test(value)) history.writes.push({ at, type: 'commit', partition, node });
      if (DEAD.test(value)) history.writes.push({ at, type: 'fence', partition, node });
    });
    const answer = new Promise((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => reject(new Error('Redis has ended before it could be watched')));
    });
    socket.write('MONITOR\r\n');
    await answer;
    return new RedisMonitor(socket);
  }

  stop(): void {
    this.socket.destroy();
  }
}
