import { Redis } from 'ioredis';
import type { History } from './history.js';

/** `"HSET" "…:nodes" "<node>" "<number>|…"` inside a script: a batch of that node was taken. */
const NUMBERED = /^\d+\|/;

/** Writes down what nodes write, as Redis itself tells it, for as long as that Redis lives. */
export class RedisMonitor {
  private constructor(private readonly redis: Redis) {}

  static async start(port: number, history: History): Promise<RedisMonitor> {
    const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => null });
    redis.on('error', () => {});
    const monitor = await redis.monitor();
    monitor.on('monitor', (time: string, args: readonly string[], source: string) => {
      const [command = '', ...rest] = args;
      const at = Number(time) * 1000;
      if (source === 'lua' || source.endsWith('lua')) {
        const [key = '', node = '', value = ''] = rest;
        if (command.toUpperCase() !== 'HSET' || !key.endsWith(':nodes')) return;
        if (NUMBERED.test(value)) {
          history.writes.push({ at, type: 'commit', partition: key, node });
        }
        return;
      }
      if (!/^eval(sha)?$/i.test(command)) return;
      // Of the scripts only that which declares a node dead has two keys and a time after the name.
      const [, keys, , nodes = '', node = '', now = '', remembered] = rest;
      if (keys === '2' && remembered !== undefined && /^\d{13}$/.test(now)) {
        history.writes.push({ at, type: 'fence', partition: nodes, node });
      }
    });
    return new RedisMonitor(monitor);
  }

  stop(): void {
    this.redis.disconnect();
  }
}
