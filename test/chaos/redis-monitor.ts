import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { History } from './history.js';

/** Matches `HSET` of a nodes hash in a line of MONITOR: time, hash, node and value. */
const WRITE = /^\+(\d+\.\d+) \[[^\]]*\] "HSET" "([^"]*:nodes)" "([^"]*)" "([^"]*)"/i;

/** The values that a committed batch and a declaration of a dead node write. */
const BATCH = /^\d+\|/;
const DEAD = /^X\d+$/;

/**
 * Records the writes of nodes with MONITOR, until that Redis ends. It uses a plain socket, because
 * ioredis mishandles a line that arrives together with the response to MONITOR.
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
