import { Redis } from 'ioredis';
import type { History } from './history.js';

/** What the hash of nodes is set to by a batch that was taken, and by the declaration that a node is dead. */
const BATCH = /^\d+\|/;
const DEAD = /^X\d+$/;

/** Writes down what nodes write, as Redis itself tells it, for as long as that Redis lives. */
export class RedisMonitor {
  private constructor(private readonly redis: Redis) {}

  static async start(port: number, history: History): Promise<RedisMonitor> {
    const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => null });
    redis.on('error', () => {});
    const monitor = await redis.monitor();
    monitor.on('monitor', (time: string, args: readonly string[]) => {
      const [command = '', partition = '', node = '', value = ''] = args;
      if (command !== 'HSET' || !partition.endsWith(':nodes')) return;
      const at = Number(time) * 1000;
      if (BATCH.test(value)) history.writes.push({ at, type: 'commit', partition, node });
      if (DEAD.test(value)) history.writes.push({ at, type: 'fence', partition, node });
    });
    return new RedisMonitor(monitor);
  }

  stop(): void {
    this.redis.disconnect();
  }
}
