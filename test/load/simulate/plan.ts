import type { Assumptions } from './assumptions.js';
import { needOf, type Load, type Need } from './cluster-load.js';
import { busiestShare, redisLoadOf } from './redis-load.js';
import type { UnitCosts } from './unit-costs.js';

/** The limit that decides how large a cluster can be. */
export type Limit = 'CPU of a node' | 'memory of a node' | 'CPU of Redis' | 'network of Redis';

export interface Plan extends Need {
  readonly primaries: number;
  readonly redisCores: number;
}

/**
 * Returns the smallest cluster that bears the load, also after the loss of a node, or what prevents every cluster. More
 * nodes have fewer clients each, but each of them applies every commit, and Redis sends every commit to each.
 */
export function planFor(load: Load, costs: UnitCosts, given: Assumptions): Plan | Limit {
  const connections = load.online * given.imbalance;
  const fewest = Math.max(2, Math.ceil(connections / given.connectionsPerNode) + 1);
  let limit: Limit = 'CPU of a node';
  for (let nodes = fewest; nodes <= fewest * 20; nodes++) {
    const afterLoss = needOf(load, nodes - 1, costs, given);
    const need = needOf(load, nodes, costs, given);
    const redis = smallestRedis(need, costs, given);
    if (afterLoss.nodeBytes > given.maxNodeBytes) limit = 'memory of a node';
    else if (afterLoss.busiestNodeCores > given.maxCores) limit = 'CPU of a node';
    // More nodes cost Redis more.
    else if (typeof redis === 'string') return redis;
    else return { ...need, ...redis };
  }
  return limit;
}

/** Returns the smallest number of primaries that bears the commits, and what they need, or the limit that is exceeded. */
function smallestRedis(
  { nodes, commits, redisBytesPerSecond }: Need,
  costs: UnitCosts,
  given: Assumptions,
): Pick<Plan, 'primaries' | 'redisCores'> | Limit {
  let limit: Limit = 'CPU of Redis';
  for (let primaries = 1; primaries <= given.maxPrimaries; primaries++) {
    const { cores, busiestCores } = redisLoadOf(commits, { nodes, primaries }, costs, given);
    const bytesPerSecond = redisBytesPerSecond * busiestShare(primaries);
    if (bytesPerSecond > given.maxRedisBytesPerSecond) limit = 'network of Redis';
    else if (busiestCores > given.maxRedisCores) limit = 'CPU of Redis';
    else return { primaries, redisCores: cores };
  }
  return limit;
}
