import { SERVICE, type Assumptions } from './assumptions.js';
import type { UnitCosts } from './unit-costs.js';

const MICROS = 1e6;

/** The change at which the number of batches in an iteration is exact enough. */
const PRECISION = 1e-6;

/** The work of the primaries of a Redis Cluster for the commits of a second. */
export interface RedisLoad {
  /** The processor time of all primaries, in cores. Infinity: commits arrive faster than they can be carried out. */
  readonly cores: number;
  /** The number of batches that Redis sends to a node with one write. */
  readonly batchesPerWrite: number;
}

/**
 * Returns the work of Redis for commits from all nodes. An iteration of the event loop of Redis runs the scripts of all
 * batches that have arrived, then sends what they have published to each node with one write. So the number of batches that
 * share the writes grows with the load: those that arrive during an iteration wait for the next one.
 *
 * The batches arrive independently of one another. Such a server is a queue with bulk service (N. T. J. Bailey, On
 * queueing processes with bulk service, 1954). The number of batches in an iteration is computed from its mean alone: it is
 * the number that arrived during the iteration before, or one if none did, because then Redis waits for the next batch.
 */
export function redisLoadOf(
  commits: number,
  { nodes, primaries }: { readonly nodes: number; readonly primaries: number },
  costs: UnitCosts,
  given: Assumptions,
): RedisLoad {
  const size = batchSize(commits, nodes, given);
  const arrivals = commits / size / primaries / MICROS;
  const eachBatch = size * furtherCommitMicros(commits, nodes, costs, given);
  const writes = nodes * costs.redisWriteMicros;
  if (arrivals * eachBatch >= 1) return { cores: Infinity, batchesPerWrite: Infinity };
  let [batches, before] = [1, 0];
  let iteration = writes + eachBatch;
  while (batches - before > PRECISION) {
    before = batches;
    batches = arrivals * iteration + Math.exp(-arrivals * iteration);
    iteration = writes + batches * eachBatch;
  }
  const pause = Math.exp(-arrivals * iteration) / arrivals;
  return { cores: (primaries * iteration) / (iteration + pause), batchesPerWrite: batches };
}

/** Returns the processor time of Redis for one more commit while Redis is busy. Then its batch shares all writes. */
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
 * Returns the mean number of commits in a batch. A node sends a batch for each partition as soon as the one before it is
 * written, so a batch has several commits only if a node has more than one commit of a partition in that time.
 */
function batchSize(commits: number, nodes: number, { batchSeconds }: Assumptions): number {
  const waiting = (commits / nodes / SERVICE.partitions) * batchSeconds;
  return Math.min(SERVICE.maxCommitsPerBatch, Math.max(1, waiting));
}
