import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tell, withCluster, type ClusterNodeResult } from './cluster.js';
import { median } from './median.js';
import { progress } from './progress.js';
import { RECEIVERS, usageOf } from './publish.js';

export interface TicksLoad {
  readonly nodes: number;
  /** The number of connections that receive every batch, besides the nodes. */
  readonly receivers: number;
  /** The number of commits of each node. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly rounds: number;
}

export interface TicksResult {
  readonly batchesAre: Sending;
  readonly commitsPerSecond: number;
  readonly batchesPerWrite: number;
  readonly redisCores: number;
  /** The sum over all nodes. */
  readonly nodeCores: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

type Sending = 'sent at once' | 'sent at ticks';

/** The limits of messages per second with which nodes never use ticks, and always. */
const LIMITS: Readonly<Record<Sending, number>> = {
  'sent at once': Number.MAX_SAFE_INTEGER,
  'sent at ticks': 0,
};
const USERS = 200;
/** After this time, the nodes have decided whether they use ticks. */
const WARM_UP_SECONDS = 3;

/** Measures several nodes and many receivers on one Redis, with and without ticks, in turns. */
export async function measureTicks(load: TicksLoad): Promise<readonly TicksResult[]> {
  const names = Object.keys(LIMITS) as Sending[];
  const results: TicksResult[] = [];
  for (let round = 1; round <= load.rounds; round++) {
    for (const name of names) {
      progress(`batches are ${name}: round ${round} of ${load.rounds}`);
      results.push(await measureOne(name, load));
    }
  }
  return names.map((name) => {
    const own = results.filter(({ batchesAre }) => batchesAre === name);
    const middle = (figure: Exclude<keyof TicksResult, 'batchesAre'>): number =>
      median(own.map((result) => result[figure]));
    return {
      batchesAre: name,
      commitsPerSecond: middle('commitsPerSecond'),
      batchesPerWrite: middle('batchesPerWrite'),
      redisCores: middle('redisCores'),
      nodeCores: middle('nodeCores'),
      p50Ms: middle('p50Ms'),
      p99Ms: middle('p99Ms'),
    };
  });
}

async function measureOne(batchesAre: Sending, load: TicksLoad): Promise<TicksResult> {
  const { nodes: count, receivers, perSecond, seconds } = load;
  const size = { nodes: count, usersPerNode: USERS, maxMessagesPerSecond: LIMITS[batchesAre] };
  return withCluster(size, async (redis, nodes) => {
    const child = fork(RECEIVERS, [`${redis.port}`, `${receivers}`]);
    try {
      const [message] = (await once(child, 'message')) as [string];
      if (message !== 'subscribed') throw new Error(message);
      const run = (duration: number): Promise<readonly ClusterNodeResult[]> => {
        const order = { users: USERS, callers: 1, seconds: duration, perSecond };
        return Promise.all(nodes.map((node) => tell<ClusterNodeResult>(node, order)));
      };
      await run(WARM_UP_SECONDS);
      const before = await usageOf(redis);
      const results = await run(seconds);
      const after = await usageOf(redis);
      const sum = (figure: 'commits' | 'cpuSeconds'): number =>
        results.reduce((total, result) => total + result[figure], 0);
      const sent = (after.scripts - before.scripts) * (receivers + count);
      return {
        batchesAre,
        commitsPerSecond: sum('commits') / seconds,
        batchesPerWrite: sent / (after.writes - before.writes),
        redisCores: (after.cpuSeconds - before.cpuSeconds) / seconds,
        nodeCores: sum('cpuSeconds') / seconds,
        p50Ms: median(results.map(({ p50Ms }) => p50Ms)),
        p99Ms: Math.max(...results.map(({ p99Ms }) => p99Ms)),
      };
    } finally {
      child.kill('SIGKILL');
    }
  });
}
