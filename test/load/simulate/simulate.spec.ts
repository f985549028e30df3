import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTrace } from '../replay/trace.js';
import { FIXED_LIMITS } from '../../../src/config/fixed-limits.js';
import { ASSUMPTIONS, SERVICE } from './assumptions.js';
import { commitsOf, loadOf, needOf, type Load } from './cluster-load.js';
import { dayShapeOf, type HourShape } from './day-shape.js';
import { loseNode } from './node-loss.js';
import { planFor, type Plan } from './plan.js';
import { redisLoadOf, type RedisLoad } from './redis-load.js';
import { endOfCluster, simulateDay } from './simulate.js';
import { UNIT_COSTS, valuesOf } from './unit-costs.js';

const COSTS = valuesOf(UNIT_COSTS);
const EVEN: readonly HourShape[] = Array.from({ length: 24 }, () => ({
  ...{ online: 1, connects: 1, commands: 1 },
}));

function traceOf(...rows: string[]): readonly HourShape[] {
  const text = ['t_seconds,action,session,user,reason', ...rows].join('\n');
  return dayShapeOf(parseTrace(text, 'day.csv'));
}

function planned(load: Load): Plan {
  const plan = planFor(load, COSTS, ASSUMPTIONS);
  if (typeof plan === 'string') throw new Error(plan);
  return plan;
}

describe('The unit costs', () => {
  const headings = readFileSync('docs/benchmarks.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('## '))
    .map((line) => line.slice(3).toLowerCase().replaceAll(' ', '-'));

  it.each(Object.entries(UNIT_COSTS))(
    'have a measurement in the benchmarks: %s',
    (_, { source }) => {
      expect(headings).toContain(source);
    },
  );
});

describe('The shape of a day', () => {
  it('is the sum of all days of the trace', () => {
    const day = traceOf(
      '3600,connect,s1,ann,',
      '7200,disconnect,s1,ann,clean',
      '90000,connect,s2,ann,',
      '90000,activity,s2,ann,',
      '91800,disconnect,s2,ann,clean',
      '97200,connect,s3,bob,',
      '97200,activity,s3,bob,',
      '97920,disconnect,s3,bob,clean',
    );
    expect(day).toHaveLength(24);
    expect(day[1]).toEqual({ online: 1, connects: 16, commands: 12 });
    expect(day[3]).toEqual({ online: 720 / 5400, connects: 8, commands: 12 });
    expect(day[0]).toEqual({ online: 0, connects: 0, commands: 0 });
  });

  it('leaves out those who return after many sessions were lost together', () => {
    const day = traceOf(
      '0,connect,s1,ann,',
      '10,disconnect,s1,ann,netsplit',
      '3600,connect,s2,ann,',
      '7200,disconnect,s2,ann,lost',
      '7200,connect,s3,ann,',
    );
    expect(day[0]!.connects).toBe(12);
    expect(day[1]!.connects).toBe(0);
    expect(day[2]!.connects).toBe(12);
  });

  it('has the same rate in each hour if the trace has no such rows', () => {
    expect(traceOf('0,connect,s1,ann,', '9000,disconnect,s1,ann,lost')[7]!.commands).toBe(1);
  });
});

describe('The load of a cluster', () => {
  it('has as many commits as sessions begin, end and send commands', () => {
    const load = loadOf(7200, EVEN, EVEN[0]!, ASSUMPTIONS);
    expect(load).toEqual({ online: 7200, connects: 1, commands: 24 });
    expect(commitsOf(load)).toBe(26);
  });

  it('is applied by every node, so more nodes have less work each, but never less than that', () => {
    const load = { online: 1e6, connects: 100, commands: 10_000 };
    const applied = (commitsOf(load) * COSTS.appliedCommitMicros) / 1e6;
    const cores = [20, 40, 4000].map(
      (nodes) => needOf(load, nodes, COSTS, ASSUMPTIONS).busiestNodeCores,
    );
    expect(cores[1]).toBeLessThan(cores[0]!);
    expect(cores[2]).toBeLessThan(cores[1]!);
    expect(cores[2]).toBeGreaterThan(applied * 0.99);
  });

  it('has the deliveries by webhook on the nodes that hold the leases of the partitions', () => {
    const load = { online: 1e5, connects: 0, commands: 1600 };
    const additional = (nodes: number): number => {
      const [without, withWebhooks] = [false, true].map(
        (webhooks) => needOf(load, nodes, COSTS, { ...ASSUMPTIONS, webhooks }).busiestNodeCores,
      );
      return (withWebhooks! - without!) * 1e6;
    };
    expect(additional(40)).toBeCloseTo(100 * COSTS.webhookMicros);
    expect(additional(3)).toBeCloseTo(600 * COSTS.webhookMicros);
  });

  it('takes more memory with groups', () => {
    const load = { online: 1e6, connects: 0, commands: 0 };
    const [without, withGroups] = [false, true].map(
      (groups) => needOf(load, 10, COSTS, { ...ASSUMPTIONS, groups }).nodeBytes,
    );
    expect(withGroups! - without!).toBeCloseTo(
      (load.online + ASSUMPTIONS.offlineUsers) * COSTS.groupsBytes,
    );
  });
});

describe('The load of Redis', () => {
  const { redisBatchMicros, redisCommitMicros, redisWriteMicros, redisCopyMicros } = COSTS;
  const alone = redisBatchMicros + redisCommitMicros;

  function loadOfOne(commits: number, nodes: number, batchSeconds = 0): RedisLoad {
    return redisLoadOf(commits, { nodes, primaries: 1 }, COSTS, { ...ASSUMPTIONS, batchSeconds });
  }

  function microsOf(commits: number, nodes: number, batchSeconds = 0): number {
    return (loadOfOne(commits, nodes, batchSeconds).cores / commits) * 1e6;
  }

  it('is a batch, its commit, and a write to each node if batches are rare', () => {
    expect(loadOfOne(1, 10).batchesPerWrite).toBeCloseTo(1);
    expect(microsOf(1, 10)).toBeCloseTo(alone + 10 * (redisWriteMicros + redisCopyMicros), 1);
  });

  it('grows more slowly than the number of commits, because more batches share the writes', () => {
    const [few, many] = [microsOf(1000, 100), microsOf(6000, 100)];
    const shared = alone + 100 * redisCopyMicros;
    expect(many).toBeLessThan(0.8 * few);
    expect(many).toBeGreaterThan(shared);
    expect(loadOfOne(6000, 100).batchesPerWrite).toBeGreaterThan(2);
  });

  it('is less for each commit if the commits of a node share batches', () => {
    // Each batch of the only node has four commits.
    expect(microsOf(16 * 400, 1, 0.01)).toBeLessThan(alone / 3);
  });

  it('has no end if even batches that share all writes arrive too fast', () => {
    const fastest = 1e6 / (alone + 100 * redisCopyMicros);
    expect(loadOfOne(fastest * 0.99, 100).cores).toBeCloseTo(1);
    expect(loadOfOne(fastest * 1.01, 100).cores).toBe(Infinity);
  });

  it('is less if the batches of all nodes arrive at ticks, because Redis sends many messages', () => {
    const nodes = 100;
    const { redisMessagesPerSecond } = FIXED_LIMITS;
    const [fewer, more] = [0.99, 1.01].map((part) =>
      loadOfOne((redisMessagesPerSecond / nodes) * part, nodes),
    );
    expect(more!.cores).toBeLessThan(0.8 * fewer!.cores);
    expect(more!.batchesPerWrite).toBeGreaterThan(2 * fewer!.batchesPerWrite);
    // Measured with 6 nodes and 100 other receivers: 0.20 of a core, 4.9 batches in a write.
    const measured = loadOfOne(1590, 106);
    expect(measured.cores).toBeCloseTo(0.2, 1);
    expect(measured.batchesPerWrite).toBeCloseTo(5, 0);
  });

  it('is highest on the primary with most partitions', () => {
    const given = { ...ASSUMPTIONS, batchSeconds: 0 };
    const load = (primaries: number): RedisLoad =>
      redisLoadOf(1600, { nodes: 10, primaries }, COSTS, given);
    expect(load(8).busiestCores).toBeCloseTo(load(8).cores / 8);
    // One of them has six of the 16 partitions.
    expect(load(3).busiestCores).toBeGreaterThan((load(3).cores / 3) * 1.1);
    expect(load(13).busiestCores).toBeCloseTo(load(8).busiestCores);
  });

  it('is divided between the primaries', () => {
    const given = { ...ASSUMPTIONS, batchSeconds: 0 };
    const four = redisLoadOf(4000, { nodes: 100, primaries: 4 }, COSTS, given);
    expect(four.cores).toBeCloseTo(4 * loadOfOne(1000, 100).cores);
  });
});

describe('The plan of a cluster', () => {
  const load = { online: 400_000, connects: 60, commands: 1500 };

  it('is the smallest that stays within the limits after the loss of a node', () => {
    const { nodes } = planned(load);
    const cores = (count: number): number =>
      needOf(load, count, COSTS, ASSUMPTIONS).busiestNodeCores;
    expect(cores(nodes - 1)).toBeLessThanOrEqual(ASSUMPTIONS.maxCores);
    const fitsWithFewer = cores(nodes - 2) <= ASSUMPTIONS.maxCores;
    const { imbalance, connectionsPerNode } = ASSUMPTIONS;
    const mayHaveFewer = (load.online * imbalance) / (nodes - 2) <= connectionsPerNode;
    expect(fitsWithFewer && mayHaveFewer).toBe(false);
  });

  it.each([
    ['memory of a node', { maxNodeBytes: 1e8 }],
    ['CPU of Redis', { maxPrimaries: 1, connectionsPerNode: 500 }],
    ['CPU of a node', { maxCores: 0.001, maxPrimaries: 1e9 }],
    ['network of Redis', { maxRedisBytesPerSecond: 1 }],
  ])('names what prevents every cluster: %s', (limit, changed) => {
    expect(planFor(load, COSTS, { ...ASSUMPTIONS, ...changed })).toBe(limit);
  });
});

describe('The loss of a node', () => {
  const load = { online: 400_000, connects: 60, commands: 1500 };
  const plan = planned(load);

  it('lets its clients return at once if nothing limits them', () => {
    const free = { ...COSTS, connectMicros: 0, fullHandshakeMicros: 0, commitMicros: 0 };
    const costs = { ...free, appliedCommitMicros: 0, redisBatchMicros: 0, redisCommitMicros: 0 };
    const calm = { online: 2000, connects: 0, commands: 0 };
    const result = loseNode(calm, planned(calm), { ...costs, redisCopyMicros: 0 }, ASSUMPTIONS);
    expect(result).toMatchObject({ seenOffline: 0, bottleneck: 'nothing' });
    expect(result.secondsUntilOnline).toBeLessThan(0.1);
  });

  it('takes as long as the limit of new sessions demands', () => {
    const cheap = { ...COSTS, connectMicros: 1, fullHandshakeMicros: 1, commitMicros: 1 };
    const costs = { ...cheap, appliedCommitMicros: 0, deliveryMicros: 0, idleMicros: 0 };
    const calm = { online: 40_000, connects: 0, commands: 0 };
    const two = { ...plan, nodes: 2, primaries: 16 };
    const result = loseNode(calm, two, costs, ASSUMPTIONS);
    const beyondBurst = result.clients - 2 * SERVICE.newSessionsPerSecond;
    expect(result.bottleneck).toBe('limit of new sessions');
    expect(result.secondsUntilOnline).toBeCloseTo(beyondBurst / SERVICE.newSessionsPerSecond, 0);
  });

  it('shows users OFFLINE who are not back when the lease ends', () => {
    const slow = { ...COSTS, connectMicros: 5000 };
    const { clients, seenOffline, secondsUntilOnline, bottleneck } = loseNode(
      load,
      plan,
      slow,
      ASSUMPTIONS,
    );
    expect(secondsUntilOnline).toBeGreaterThan(SERVICE.leaseSeconds);
    expect(bottleneck).toBe('CPU of the nodes');
    expect(seenOffline).toBeGreaterThan(0);
    expect(seenOffline).toBeLessThan(clients);
  });

  it('ends never if the other work takes all processor time of Redis', () => {
    const full = { ...plan, primaries: 0 };
    expect(loseNode(load, full, COSTS, ASSUMPTIONS).secondsUntilOnline).toBe(Infinity);
  });
});

describe('A simulated day', () => {
  it('is planned for the hour with most commits', () => {
    const day = EVEN.map((hour, i) => ({ ...hour, commands: i === 20 ? 2 : 22 / 23 }));
    const result = simulateDay(100_000, day, COSTS, ASSUMPTIONS);
    if ('doesNotFit' in result) throw new Error(result.doesNotFit);
    expect(result.peakHour).toBe(20);
    expect(result.peakCommits).toBeGreaterThan(1.8 * result.meanCommits);
    expect(result.meanCores).toBeLessThan(
      result.nodes * result.busiestNodeCores + result.redisCores,
    );
  });

  it('ends where the next size does not fit', () => {
    const { users, limit } = endOfCluster(EVEN, COSTS, ASSUMPTIONS);
    expect(simulateDay(users, EVEN, COSTS, ASSUMPTIONS)).not.toHaveProperty('doesNotFit');
    expect(simulateDay(users + 50_000, EVEN, COSTS, ASSUMPTIONS)).toMatchObject({
      doesNotFit: limit,
    });
  });
});
