import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RedisServer } from '../support/redis-server.js';
import { tell, withCluster, type ClusterNodeOrder, type ClusterNodeResult } from './cluster.js';
import { median } from './median.js';
import { progress } from './progress.js';

/** The program that receives what Redis publishes. Its arguments are the port and the number of connections. */
export const RECEIVERS = fileURLToPath(new URL('./servers/batch-receivers.js', import.meta.url));

export interface PublishLoad {
  /** The number of connections that receive every batch, besides the node that commits. */
  readonly receivers: number;
  /** The number of concurrent commits. */
  readonly callers: number;
  readonly seconds: number;
  readonly runs: number;
}

export interface PublishResult {
  readonly receivers: number;
  readonly callers: number;
  readonly batchesPerSecond: number;
  readonly commitsPerBatch: number;
  /**
   * The number of batches that Redis sends to a receiver with one write. Batches that arrive during one iteration of its
   * event loop share a write in the next one.
   */
  readonly batchesPerWrite: number;
  /** The processor time of Redis for a batch, with its commits and all receivers. */
  readonly redisMicrosPerBatch: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const USERS = 2000;

/**
 * Measures Redis with as many receivers as a large cluster has nodes. One real node commits; the receivers only read from
 * their sockets, so that many of them fit beside Redis.
 */
export async function measurePublish(load: PublishLoad): Promise<PublishResult> {
  const { receivers, callers } = load;
  return withCluster({ nodes: 1, usersPerNode: USERS }, async (redis, [node]) => {
    const child = fork(RECEIVERS, [`${redis.port}`, `${receivers}`]);
    try {
      const [message] = (await once(child, 'message')) as [string];
      if (message !== 'subscribed') throw new Error(message);
      const run = async (seconds: number): Promise<PublishResult> => {
        const before = await usageOf(redis);
        const order: ClusterNodeOrder = { users: USERS, callers, seconds };
        const { commits, p50Ms, p99Ms } = await tell<ClusterNodeResult>(node!, order);
        const after = await usageOf(redis);
        const batches = after.scripts - before.scripts;
        return {
          ...{ receivers, callers, p50Ms, p99Ms },
          batchesPerSecond: batches / seconds,
          commitsPerBatch: commits / batches,
          batchesPerWrite: (batches * (receivers + 1)) / (after.writes - before.writes),
          redisMicrosPerBatch: ((after.cpuSeconds - before.cpuSeconds) / batches) * 1e6,
        };
      };
      await run(2);
      const runs: PublishResult[] = [];
      for (let i = 1; i <= load.runs; i++) {
        progress(`${receivers} receivers, ${callers} callers: run ${i} of ${load.runs}`);
        runs.push(await run(load.seconds));
      }
      const middle = (name: keyof PublishResult): number => median(runs.map((each) => each[name]));
      return {
        ...{ receivers, callers },
        batchesPerSecond: middle('batchesPerSecond'),
        commitsPerBatch: middle('commitsPerBatch'),
        batchesPerWrite: middle('batchesPerWrite'),
        redisMicrosPerBatch: middle('redisMicrosPerBatch'),
        p50Ms: middle('p50Ms'),
        p99Ms: middle('p99Ms'),
      };
    } finally {
      child.kill('SIGKILL');
    }
  });
}

/** The work of Redis so far. Almost every script is the commit of a batch. */
export async function usageOf(
  redis: RedisServer,
): Promise<Readonly<Record<'scripts' | 'writes' | 'cpuSeconds', number>>> {
  const info = await redis.with((client) => client.call('INFO', 'stats', 'commandstats'));
  const figure = (name: string): number =>
    Number(new RegExp(`${name}(\\d+)`).exec(String(info))![1]);
  return {
    scripts: figure('cmdstat_evalsha:calls='),
    writes: figure('total_writes_processed:'),
    cpuSeconds: redis.cpuSeconds(),
  };
}
