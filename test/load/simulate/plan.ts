import type { Assumptions } from './assumptions.js';
import { needOf, type Load, type Need } from './cluster-load.js';
import type { UnitCosts } from './unit-costs.js';

/** The limit that decides how large a cluster can be. */
export type Limit = 'CPU of a node' | 'memory of a node' | 'CPU of Redis' | 'network of Redis';

export interface Plan extends Need {
  readonly primaries: number;
}

/**
 * Returns the smallest cluster that bears the load, also after the loss of a node, or what prevents every cluster. More
 * nodes have fewer clients each, but each of them applies every commit, and Redis sends every commit to each.
 */
export function planFor(load: Load, costs: UnitCosts, given: Assumptions): Plan | Limit {
  const fewest = Math.max(2, Math.ceil(load.online / given.connectionsPerNode) + 1);
  let limit: Limit = 'CPU of a node';
  for (let nodes = fewest; nodes <= fewest * 20; nodes++) {
    const afterLoss = needOf(load, nodes - 1, costs, given);
    const need = needOf(load, nodes, costs, given);
    const primaries = primariesFor(need, given);
    if (afterLoss.nodeBytes > given.maxNodeBytes) limit = 'memory of a node';
    else if (afterLoss.busiestNodeCores > given.maxCores) limit = 'CPU of a node';
    // More nodes cost Redis more.
    else if (primaries > given.maxPrimaries) return redisLimit(need, given);
    else return { ...need, primaries };
  }
  return limit;
}

function primariesFor({ redisCores, redisBytesPerSecond }: Need, given: Assumptions): number {
  const forCores = Math.ceil(redisCores / given.maxCores);
  return Math.max(forCores, Math.ceil(redisBytesPerSecond / given.maxRedisBytesPerSecond));
}

function redisLimit({ redisCores }: Need, { maxCores, maxPrimaries }: Assumptions): Limit {
  return redisCores / maxCores > maxPrimaries ? 'CPU of Redis' : 'network of Redis';
}
