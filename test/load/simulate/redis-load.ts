import { FIXED_LIMITS } from '../../../src/config/fixed-limits.js';
import { SERVICE, type Assumptions } from './assumptions.js';
import type { UnitCosts } from './unit-costs.js';

const MICROS = 1e6;

/** The computation of the number of batches in an iteration stops at a change below this, or after so many steps. */
const PRECISION = 1e-6;
const MAX_STEPS = 10_000;

/** The work of the primaries of a Redis Cluster for one second of commits. */
export interface RedisLoad {
  /** The processor time of all primaries together, and of the busiest one, in cores. Infinity: Redis cannot keep up. */
  readonly cores: number;
  readonly busiestCores: number;
  /** The number of batches that Redis sends to a node with one write. */
  readonly batchesPerWrite: number;
}

/**
 * Returns the work of Redis for commits from all nodes. An iteration of the event loop of Redis runs the scripts of all
 * batches that have arrived, then sends what they have published to each node with one write. So the number of batches that
 * share the writes grows with the load: those that arrive during an iteration wait for the next one.
 *
 * The batches arrive independently of one another. Redis is then a bulk queue with Poisson input (M. F. Neuts, A General Class
 * of Bulk Queues with Poisson Input, 1967). The number of batches is computed as if every iteration took the mean time: it is
 * the number that arrived during the iteration before, or one if none did, because then Redis waits for the next batch.
 *
 * If Redis sends many messages, nodes send their batches at ticks. The batches of a tick arrive within a millisecond,
 * and then Redis waits for the next tick.
 */
export function redisLoadOf(
  commits: number,
  { nodes, primaries }: { readonly nodes: number; readonly primaries: number },
  costs: UnitCosts,
  given: Assumptions,
): RedisLoad {
  const size = batchSize(commits, nodes, given);
  const arrivals = commits / size / primaries / MICROS;
  const work: Work = {
    batchMicros: size * furtherCommitMicros(commits, nodes, costs, given),
    writesMicros: nodes * costs.redisWriteMicros,
  };
  const busiest = arrivals * primaries * busiestShare(primaries);
  const hasTicks = arrivals * MICROS * nodes > FIXED_LIMITS.redisMessagesPerSecond;
  const shared = hasTicks ? sharedAtTicks : sharedBy;
  const coresOf = (rate: number): number =>
    rate * work.batchMicros >= 1
      ? Infinity
      : Math.min(1, rate * (work.batchMicros + work.writesMicros / shared(rate, work)));
  return {
    cores: primaries * coresOf(arrivals),
    busiestCores: coresOf(busiest),
    batchesPerWrite: shared(arrivals, work),
  };
}

/** Returns the part of all partitions that the busiest primary has: 16 partitions do not divide evenly by every number. */
export function busiestShare(primaries: number): number {
  return Math.ceil(SERVICE.partitions / primaries) / SERVICE.partitions;
}

/** The processor time of Redis for each batch, and for the writes of an iteration. */
interface Work {
  readonly batchMicros: number;
  readonly writesMicros: number;
}

/** Returns the mean number of batches in an iteration, for a number of batches that arrive in each microsecond. */
function sharedBy(arrivals: number, { batchMicros, writesMicros }: Work): number {
  if (arrivals * batchMicros >= 1) return Infinity;
  let [batches, before] = [1, 0];
  for (let step = 0; step < MAX_STEPS && batches - before > PRECISION; step++) {
    before = batches;
    const arrived = arrivals * (writesMicros + batches * batchMicros);
    batches = arrived + Math.exp(-arrived);
  }
  return batches;
}

/** Returns the same if the batches of a tick arrive at a steady rate within a short time, and then none until the next tick. */
function sharedAtTicks(arrivals: number, { batchMicros, writesMicros }: Work): number {
  const batches = arrivals * SERVICE.tickMicros;
  const micros = SERVICE.tickSpreadMicros / batches;
  let [iterations, served, time] = [0, 0, 0];
  while (served < batches) {
    time = Math.max(time, Math.min(served + 1, batches) * micros);
    const arrived = Math.min(batches, time / micros);
    time += writesMicros + (arrived - served) * batchMicros;
    served = arrived;
    iterations++;
  }
  return Math.max(1, batches / iterations);
}

/** Returns the processor time of Redis for one more commit while Redis is saturated: its batch then causes no additional write. */
export function furtherCommitMicros(
  commits: number,
  nodes: number,
  costs: UnitCosts,
  given: Assumptions,
): number {
  const batch = costs.redisBatchMicros + nodes * costs.redisCopyMicros;
  return batch / batchSize(commits, nodes, given) + costs.redisCommitMicros;
}

/**
 * Returns the mean number of commits in a batch. A node has at most one batch of each partition in flight, so a batch has
 * several commits only if a node has more than one commit of a partition in that time.
 */
function batchSize(commits: number, nodes: number, { batchSeconds }: Assumptions): number {
  const waiting = (commits / nodes / SERVICE.partitions) * batchSeconds;
  return Math.min(SERVICE.maxCommitsPerBatch, Math.max(1, waiting));
}
