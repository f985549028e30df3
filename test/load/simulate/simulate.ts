import type { Assumptions } from './assumptions.js';
import { commitsOf, loadOf, needOf, type Load } from './cluster-load.js';
import type { HourShape } from './day-shape.js';
import { loseNode } from './node-loss.js';
import { planFor, type Limit, type Plan } from './plan.js';
import { redisLoadOf } from './redis-load.js';
import type { UnitCosts } from './unit-costs.js';

/** A day of a cluster that is large enough for its peak hour, and the loss of one of its nodes in that hour. */
export interface DayResult {
  readonly users: number;
  readonly peakHour: number;
  /** Commits per second in the peak hour, and on average. */
  readonly peakCommits: number;
  readonly meanCommits: number;
  readonly nodes: number;
  readonly primaries: number;
  readonly busiestNodeCores: number;
  readonly nodeGigabytes: number;
  readonly redisCores: number;
  readonly redisGigabytes: number;
  readonly redisMegabytesPerSecond: number;
  readonly nodeMegabytesPerSecond: number;
  /** The mean over the day of the processor time of all nodes and of Redis, in cores. */
  readonly meanCores: number;
  readonly lostClients: number;
  readonly connectsPerSecond: number;
  readonly secondsUntilOnline: number;
  readonly seenOffline: number;
  readonly bottleneck: string;
}

/** A size that no cluster bears, and why. */
export interface TooLarge {
  readonly users: number;
  readonly doesNotFit: Limit;
}

export function simulateDay(
  users: number,
  day: readonly HourShape[],
  costs: UnitCosts,
  given: Assumptions,
): DayResult | TooLarge {
  const loads = day.map((hour) => loadOf(users, day, hour, given));
  const peakHour = peakOf(loads);
  const peak = loads[peakHour]!;
  // The hour with most users needs most memory, and may be another one.
  const plan = planFor({ ...peak, online: users }, costs, given);
  if (typeof plan === 'string') return { users, doesNotFit: plan };
  const loss = loseNode(peak, plan, costs, given);
  return {
    users,
    peakHour,
    peakCommits: commitsOf(peak),
    meanCommits: mean(loads.map(commitsOf)),
    ...needed(plan),
    meanCores: mean(loads.map((load) => allCores(load, plan, costs, given))),
    lostClients: loss.clients,
    connectsPerSecond: loss.connectsPerSecond,
    secondsUntilOnline: loss.secondsUntilOnline,
    seenOffline: loss.seenOffline,
    bottleneck: loss.bottleneck,
  };
}

/** Where one cluster ends: the largest number of users that fits, to the nearest 50,000, and what limits it. */
export interface End {
  readonly users: number;
  readonly limit: Limit;
}

const MICROS = 1e6;
const STEP = 50_000;
const MOST = 100_000_000;

export function endOfCluster(day: readonly HourShape[], costs: UnitCosts, given: Assumptions): End {
  let [fits, tooMany] = [0, MOST];
  let limit: Limit = 'CPU of a node';
  while (tooMany - fits > STEP) {
    const users = Math.round((fits + tooMany) / 2 / STEP) * STEP;
    const result = simulateDay(users, day, costs, given);
    if ('doesNotFit' in result) [tooMany, limit] = [users, result.doesNotFit];
    else fits = users;
  }
  return { users: fits, limit };
}

function peakOf(loads: readonly Load[]): number {
  const commits = loads.map(commitsOf);
  return commits.indexOf(Math.max(...commits));
}

function needed(
  plan: Plan,
): Pick<
  DayResult,
  | 'nodes'
  | 'primaries'
  | 'busiestNodeCores'
  | 'nodeGigabytes'
  | 'redisCores'
  | 'redisGigabytes'
  | 'redisMegabytesPerSecond'
  | 'nodeMegabytesPerSecond'
> {
  return {
    nodes: plan.nodes,
    primaries: plan.primaries,
    busiestNodeCores: plan.busiestNodeCores,
    nodeGigabytes: plan.nodeBytes / 1e9,
    redisCores: plan.redisCores,
    redisGigabytes: plan.redisBytes / 1e9,
    redisMegabytesPerSecond: plan.redisBytesPerSecond / 1e6,
    nodeMegabytesPerSecond: plan.nodeBytesPerSecond / 1e6,
  };
}

function allCores(
  load: Load,
  { nodes, primaries }: Plan,
  costs: UnitCosts,
  given: Assumptions,
): number {
  // The deliveries of a partition are the work of one node only.
  const even = { ...given, imbalance: 1, webhooks: false };
  const webhooks = given.webhooks ? (commitsOf(load) * costs.webhookMicros) / MICROS : 0;
  const { commits, busiestNodeCores } = needOf(load, nodes, costs, even);
  const redis = redisLoadOf(commits, { nodes, primaries }, costs, given);
  return nodes * busiestNodeCores + webhooks + redis.cores;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
