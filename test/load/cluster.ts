import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { RedisServer } from '../support/redis-server.js';
import { median } from './median.js';
import { progress } from './progress.js';

const NODE = fileURLToPath(new URL('./servers/cluster-node.js', import.meta.url));

/** The prefix of all keys. */
export const KEY_PREFIX = 'bench:';

/** A command for a node. Without `seconds`, the node only connects its users. Without `callers`, it only applies commits. */
export interface ClusterNodeOrder {
  readonly users: number;
  readonly callers: number;
  readonly seconds: number;
  /** Commits begin at this rate, at random times, instead of as soon as a caller is free. */
  readonly perSecond?: number;
}

export interface ClusterNodeResult {
  readonly commits: number;
  readonly cpuSeconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly heapBytes: number;
}

export interface ClusterLoad {
  readonly nodes: number;
  /** The number of users of each node. */
  readonly usersPerNode: number;
  /** The number of concurrent commits of each node. */
  readonly callers: number;
  readonly seconds: number;
  readonly runs: number;
}

export interface ClusterResult {
  readonly nodes: number;
  readonly callersPerNode: number;
  readonly commitsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly redisMicrosPerCommit: number;
  /** The sum over all nodes: one node makes the commit, and all nodes apply it. */
  readonly nodeMicrosPerCommit: number;
  readonly redisBytesPerUser: number;
}

type Figures = Omit<ClusterResult, 'redisBytesPerUser'>;

/**
 * Measures nodes on one Redis, each in a separate process, that mute and unmute their users as fast
 * as possible.
 */
export async function measureCluster(load: ClusterLoad): Promise<ClusterResult> {
  return withCluster(load, async (redis, nodes, emptyBytes) => {
    const users = load.usersPerNode * load.nodes;
    const redisBytesPerUser = ((await usedMemory(redis)) - emptyBytes) / users;
    const order = { users: load.usersPerNode, callers: load.callers };
    const run = async (seconds: number): Promise<Figures> => {
      const before = redis.cpuSeconds();
      const all = nodes.map((node) => tell<ClusterNodeResult>(node, { ...order, seconds }));
      const results = await Promise.all(all);
      const commits = sum(results.map((result) => result.commits));
      return {
        nodes: load.nodes,
        callersPerNode: load.callers,
        commitsPerSecond: commits / seconds,
        p50Ms: median(results.map(({ p50Ms }) => p50Ms)),
        p99Ms: Math.max(...results.map(({ p99Ms }) => p99Ms)),
        redisMicrosPerCommit: ((redis.cpuSeconds() - before) / commits) * 1e6,
        nodeMicrosPerCommit: (sum(results.map(({ cpuSeconds }) => cpuSeconds)) / commits) * 1e6,
      };
    };
    await run(2);
    const runs: Figures[] = [];
    for (let i = 1; i <= load.runs; i++) {
      progress(`${load.nodes} nodes: run ${i} of ${load.runs}`);
      runs.push(await run(load.seconds));
    }
    const middle = (figure: keyof Figures): number => median(runs.map((result) => result[figure]));
    return {
      nodes: load.nodes,
      callersPerNode: load.callers,
      commitsPerSecond: middle('commitsPerSecond'),
      p50Ms: middle('p50Ms'),
      p99Ms: middle('p99Ms'),
      redisMicrosPerCommit: middle('redisMicrosPerCommit'),
      nodeMicrosPerCommit: middle('nodeMicrosPerCommit'),
      redisBytesPerUser,
    };
  });
}

/** The size of a cluster, and the limit of messages above which its nodes send batches at ticks, if it is not the usual one. */
export type ClusterSize = Pick<ClusterLoad, 'nodes' | 'usersPerNode'> & {
  readonly maxMessagesPerSecond?: number;
};

/** Runs work with a Redis and nodes that have connected their users. `emptyBytes`: the memory of Redis before. */
export async function withCluster<T>(
  { nodes: count, usersPerNode, maxMessagesPerSecond }: ClusterSize,
  work: (redis: RedisServer, nodes: readonly ChildProcess[], emptyBytes: number) => Promise<T>,
): Promise<T> {
  const redis = await RedisServer.start();
  const nodes: ChildProcess[] = [];
  try {
    const emptyBytes = await usedMemory(redis);
    for (let i = 0; i < count; i++) {
      progress(`${count} nodes: starting ${i + 1}`);
      const limit = maxMessagesPerSecond === undefined ? [] : [`${maxMessagesPerSecond}`];
      const node = fork(NODE, [redis.url, String(i), ...limit]);
      nodes.push(node);
      await once(node, 'message');
      await tell(node, { users: usersPerNode, callers: 0, seconds: 0 });
    }
    return await work(redis, nodes, emptyBytes);
  } finally {
    for (const node of nodes) node.kill('SIGKILL');
    await redis.stop();
  }
}

/** Gives a node an order, and returns its response. */
export async function tell<T>(node: ChildProcess, order: ClusterNodeOrder): Promise<T> {
  node.send(order);
  const [answer] = (await once(node, 'message')) as [T];
  return answer;
}

async function usedMemory(redis: RedisServer): Promise<number> {
  return redis.with(async (client) => {
    const info = await client.info('memory');
    return Number(/used_memory:(\d+)/.exec(info)![1]);
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
