import { readTrace } from '../replay/trace.js';
import { ASSUMPTIONS, type Assumptions } from './assumptions.js';
import { dayShapeOf, type HourShape } from './day-shape.js';
import { endOfCluster, simulateDay, type DayResult } from './simulate.js';
import { UNIT_COSTS, valuesOf, type UnitCosts } from './unit-costs.js';

const SIZES = [1e6, 5e6, 10e6];
const FIGURES: readonly (readonly [keyof DayResult, string])[] = [
  ['users', 'users online in the busiest hour, each cell'],
  ['peakHour', 'hour with most commits'],
  ['peakCommits', 'commits per second in that hour'],
  ['meanCommits', 'commits per second, mean of the day'],
  ['nodes', 'nodes'],
  ['primaries', 'Redis primaries'],
  ['busiestNodeCores', 'busiest node: cores'],
  ['nodeGigabytes', 'busiest node: memory, GB'],
  ['nodeMegabytesPerSecond', 'a node: MB/s from Redis'],
  ['redisCores', 'Redis: cores of all primaries'],
  ['redisGigabytes', 'Redis: memory, GB'],
  ['redisMegabytesPerSecond', 'Redis: MB/s to all nodes'],
  ['meanCores', 'nodes and Redis: cores, mean of the day'],
  ['lostClients', 'loss of a node: clients'],
  ['connectsPerSecond', 'loss of a node: most connects per second'],
  ['secondsUntilOnline', 'loss of a node: seconds until all are online'],
  ['seenOffline', 'loss of a node: users seen OFFLINE'],
  ['bottleneck', 'loss of a node: limited by'],
];

/** A figure, and its value for each number of users. */
export type SizesRow = Readonly<Record<string, string | number>>;

/**
 * Simulates a day with the shape of the trace for each size. A size that does not fit into one cluster is divided into
 * as few equal cells as possible.
 */
export function simulateSizes(tracePath: string): readonly SizesRow[] {
  const day = dayShapeOf(readTrace(tracePath));
  const costs = valuesOf(UNIT_COSTS);
  const results = SIZES.map((users) => inCells(users, day, costs));
  const named = (value: (size: number) => string | number): SizesRow =>
    Object.fromEntries(SIZES.map((users, size) => [`${users / 1e6} million`, value(size)]));
  return [
    { figure: 'cells', ...named((size) => results[size]!.cells) },
    ...FIGURES.map(([figure, name]) => ({
      figure: name,
      ...named((size) => results[size]!.cell[figure]),
    })),
  ];
}

function inCells(
  users: number,
  day: readonly HourShape[],
  costs: UnitCosts,
): { readonly cells: number; readonly cell: DayResult } {
  for (let cells = 1; cells <= users; cells++) {
    const cell = simulateDay(Math.ceil(users / cells), day, costs, ASSUMPTIONS);
    if (!('doesNotFit' in cell)) return { cells, cell };
  }
  throw new Error('With these assumptions not even a cluster for one user fits.');
}

export interface EndRow {
  readonly variant: string;
  readonly users: number;
  readonly limit: string;
}

/** Returns where one cluster ends with these assumptions, and with others. */
export function simulateEnds(tracePath: string): readonly EndRow[] {
  const day = dayShapeOf(readTrace(tracePath));
  const costs = valuesOf(UNIT_COSTS);
  const end = (variant: string, changed: Partial<Assumptions>): EndRow => ({
    variant,
    ...endOfCluster(day, costs, { ...ASSUMPTIONS, ...changed }),
  });
  return [
    end('as assumed', {}),
    end('one Redis instead of a Redis Cluster', { maxPrimaries: 1 }),
    end('25,000 connections for each node', { connectionsPerNode: 25_000 }),
    end('VISIBILITY=groups, 20 groups for each user', { groups: true }),
    end('without TLS', { tls: false }),
    end('a command every 15 minutes', { commandSeconds: 900 }),
    end('16 GB for each node', { maxNodeBytes: 16e9 }),
    end('webhooks', { webhooks: true }),
    end('a Redis primary may use 0.9 of a core', { maxRedisCores: 0.9 }),
    end('nodes may use 0.9 of a core, too', { maxRedisCores: 0.9, maxCores: 0.9 }),
  ];
}
