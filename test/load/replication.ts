import type { RedisServer } from '../support/redis-server.js';
import { tell, withCluster, type ClusterLoad, type ClusterNodeResult } from './cluster.js';
import { median } from './median.js';
import { progress } from './progress.js';

export interface ReplicationResult {
  readonly callers: number;
  readonly commitsPerSecond: number;
  /** The processor time of each process for a commit. */
  readonly committingNodeMicros: number;
  readonly applyingNodeMicros: number;
  readonly redisMicros: number;
  /** The bytes that Redis receives for a commit, and those that it sends to both nodes. */
  readonly bytesToRedis: number;
  readonly bytesFromRedis: number;
}

type Usage = Readonly<Record<'redis' | 'bytesIn' | 'bytesOut', number>>;

/**
 * Measures two nodes on one Redis of which only the first one commits, so that the cost of making a commit and the cost of
 * applying it are apart. The nodes have no clients and no subscribers.
 */
export async function measureReplication(
  load: Omit<ClusterLoad, 'nodes'>,
): Promise<ReplicationResult> {
  const { usersPerNode, callers, seconds } = load;
  return withCluster({ nodes: 2, usersPerNode }, async (redis, [first, second]) => {
    const run = async (duration: number): Promise<ReplicationResult> => {
      const order = { users: usersPerNode, seconds: duration };
      const before = await usageOf(redis);
      const [made, applied] = await Promise.all([
        tell<ClusterNodeResult>(first!, { ...order, callers }),
        tell<ClusterNodeResult>(second!, { ...order, callers: 0 }),
      ]);
      const after = await usageOf(redis);
      const { commits } = made;
      return {
        callers,
        commitsPerSecond: commits / duration,
        committingNodeMicros: (made.cpuSeconds / commits) * 1e6,
        applyingNodeMicros: (applied.cpuSeconds / commits) * 1e6,
        redisMicros: ((after.redis - before.redis) / commits) * 1e6,
        bytesToRedis: (after.bytesIn - before.bytesIn) / commits,
        bytesFromRedis: (after.bytesOut - before.bytesOut) / commits,
      };
    };
    await run(2);
    const runs: ReplicationResult[] = [];
    for (let i = 1; i <= load.runs; i++) {
      progress(`replication with ${callers} callers: run ${i} of ${load.runs}`);
      runs.push(await run(seconds));
    }
    const middle = (name: keyof ReplicationResult): number =>
      median(runs.map((each) => each[name]));
    return {
      callers,
      commitsPerSecond: middle('commitsPerSecond'),
      committingNodeMicros: middle('committingNodeMicros'),
      applyingNodeMicros: middle('applyingNodeMicros'),
      redisMicros: middle('redisMicros'),
      bytesToRedis: middle('bytesToRedis'),
      bytesFromRedis: middle('bytesFromRedis'),
    };
  });
}

async function usageOf(redis: RedisServer): Promise<Usage> {
  const info = await redis.with((client) => client.info('stats'));
  const figure = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(info)![1]);
  return {
    redis: redis.cpuSeconds(),
    bytesIn: figure('total_net_input_bytes'),
    bytesOut: figure('total_net_output_bytes'),
  };
}
