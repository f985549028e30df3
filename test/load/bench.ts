// npm run bench -- [fanout|latency|groups|unary|memory|state|crowd|counts|storm|connect|reconnect|cluster|replication|publish|ticks|greedy|slow|webhooks|simulate ...] [--quick] [--trace trace.csv]
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Authority } from '../support/certificates.js';
import { TlsFolder } from '../support/tls-folder.js';
import { GrpcContestant } from './contestants/grpc-contestant.js';
import { LineContestant, NATS, REDIS } from './contestants/line-contestant.js';
import { SocketIoContestant } from './contestants/socket-io-contestant.js';
import type { Contestant } from './contestant.js';
import { measureCluster } from './cluster.js';
import { measureConnect } from './connect.js';
import { measureCounts } from './counts.js';
import { measureCrowd } from './crowd.js';
import { measureFanout, type FanoutLoad, type FanoutResult } from './fanout.js';
import { BARE_GRPC, PLAIN_NEST, PRESENCE_SERVICE } from './grpc-server.js';
import { measureGreedy, type GreedyResult } from './greedy.js';
import type { Attack } from './hostile-client.js';
import { measureGroups } from './groups.js';
import { measureMemory } from './memory.js';
import type { PopulationSize } from './population.js';
import { clearProgress, progress } from './progress.js';
import { measurePublish, type PublishResult } from './publish.js';
import { measureReconnect } from './reconnect.js';
import { measureReplication, type ReplicationResult } from './replication.js';
import { report } from './report.js';
import { simulateEnds, simulateSizes } from './simulate/simulate-sizes.js';
import { measureSlow } from './slow.js';
import { measureStorm } from './storm.js';
import { measureTicks } from './ticks.js';
import { measureUnary } from './unary.js';
import { measureWebhooks } from './webhooks.js';

const WORKLOADS: Readonly<
  Record<string, (isQuick: boolean, trace: string) => Promise<readonly object[]>>
> = {
  fanout: async (isQuick) => [
    ...(await fanout({ ...everyone(isQuick), burst: 10, intervalMs: 10 })),
    ...(await fanout({ ...everyone(isQuick), burst: 1, intervalMs: 20 })),
  ],
  latency: async (isQuick) => {
    const load = { ...everyone(isQuick), subscribers: 100, burst: 1, intervalMs: 10 };
    return [await measureFanout(new GrpcContestant(PRESENCE_SERVICE), load)];
  },
  groups: (isQuick) =>
    measureGroups(
      isQuick
        ? { groups: 10, members: 10, seconds: 2, rounds: 1 }
        : { groups: 50, members: 20, seconds: 5, rounds: 7 },
    ),
  unary: (isQuick) => measureUnary(isQuick ? { seconds: 2, runs: 1 } : { seconds: 3, runs: 9 }),
  memory: async (isQuick) => {
    const [connections, runs] = isQuick ? [1000, 1] : [5000, 3];
    return [
      await measureMemory(BARE_GRPC, connections, runs),
      await measureMemory(PRESENCE_SERVICE, connections, runs),
    ];
  },
  state: async (isQuick) => {
    const users = [1000, 10_000, 100_000, ...(isQuick ? [] : [1_000_000])];
    const largest = users.at(-1)!;
    return [
      ...users.map((each) => state({ users: each, groupsPerUser: 0, groups: 'same' })),
      state({ users: largest, groupsPerUser: 20, groups: 'same' }),
      state({ users: largest, groupsPerUser: 20, groups: 'different' }),
    ];
  },
  crowd: (isQuick) =>
    isQuick
      ? measureCrowd(10_000, { seconds: 2, runs: 1 })
      : measureCrowd(1_000_000, { seconds: 3, runs: 7 }),
  counts: async (isQuick) => [
    await measureCounts(
      isQuick
        ? { members: 10_000, subscribers: 100, seconds: 2, rounds: 1 }
        : { members: 100_000, subscribers: 100, seconds: 5, rounds: 7 },
    ),
  ],
  storm: async (isQuick) => [await measureStorm(isQuick ? 1000 : 9000)],
  connect: (isQuick) =>
    measureConnect(
      isQuick ? { clients: 100, atOnce: 50, rounds: 2 } : { clients: 600, atOnce: 200, rounds: 5 },
    ),
  reconnect: async (isQuick) => [
    await measureReconnect('plain', isQuick ? 500 : 10_000),
    await measureReconnect('TLS', isQuick ? 500 : 10_000),
  ],
  cluster: async (isQuick) => {
    const results = [];
    for (const callers of [1, 64]) {
      for (const nodes of [1, 2, 4]) {
        const size = isQuick ? { usersPerNode: 500, seconds: 2, runs: 1 } : CLUSTER;
        results.push(await measureCluster({ nodes, callers, ...size }));
      }
    }
    return results;
  },
  replication: async (isQuick) => {
    const results: ReplicationResult[] = [];
    for (const callers of [1, 16, 64]) {
      const size = isQuick ? { usersPerNode: 500, seconds: 2, runs: 1 } : CLUSTER;
      results.push(await measureReplication({ callers, ...size }));
    }
    return results;
  },
  publish: async (isQuick) => {
    const results: PublishResult[] = [];
    for (const callers of [1, 16, 64]) {
      for (const receivers of isQuick ? [8] : [1, 32, 128]) {
        const size = isQuick ? { seconds: 2, runs: 1 } : { seconds: 3, runs: 3 };
        results.push(await measurePublish({ receivers, callers, ...size }));
      }
    }
    return results;
  },
  ticks: (isQuick) =>
    measureTicks(
      isQuick
        ? { nodes: 2, receivers: 8, perSecond: 100, seconds: 2, rounds: 1 }
        : { nodes: 6, receivers: 100, perSecond: 250, seconds: 6, rounds: 3 },
    ),
  greedy: async (isQuick) => {
    const load = isQuick ? { seconds: 2, rounds: 1 } : { seconds: 4, rounds: 7 };
    const results: GreedyResult[] = [];
    for (const attack of ATTACKS) {
      results.push(await measureGreedy(attack, 'default', load));
      // The comparison without protection needs less precision.
      const few = { ...load, rounds: Math.min(load.rounds, 3) };
      results.push(await measureGreedy(attack, 'none', few));
    }
    return results;
  },
  slow: async (isQuick) => [await measureSlow(isQuick ? 20 : 100)],
  webhooks: async (isQuick) => {
    const size = isQuick ? { seconds: 2, rounds: 1 } : { seconds: 5, rounds: 7 };
    const load = { responseMs: 20, subscribers: 5, ...size };
    return [
      await measureWebhooks({ ...load, eventsPerSecond: 1000 }),
      await measureWebhooks({ ...load, eventsPerSecond: 10_000 }),
    ];
  },
  simulate: (_isQuick, trace) => {
    report('simulate-ends', simulateEnds(trace));
    return Promise.resolve(simulateSizes(trace));
  },
};

const ATTACKS: readonly Attack[] = ['commands', 'subscriptions', 'pages', 'batches', 'flood'];

const CLUSTER = { usersPerNode: 10_000, seconds: 5, runs: 3 };

function everyone(isQuick: boolean): Omit<FanoutLoad, 'burst' | 'intervalMs'> {
  return isQuick
    ? { subscribers: 100, seconds: 2, runs: 1 }
    : { subscribers: 1000, seconds: 5, runs: 3 };
}

/** Measures all contestants in one run, because the speed of a machine varies over time. */
async function fanout(load: FanoutLoad): Promise<readonly FanoutResult[]> {
  const folder = await TlsFolder.with(await (await Authority.make('bench')).server());
  try {
    return await fanoutOf(load, folder.settings);
  } finally {
    await folder.remove();
  }
}

async function fanoutOf(
  load: FanoutLoad,
  tls: Readonly<Record<string, string>>,
): Promise<readonly FanoutResult[]> {
  const withTls = { ...PRESENCE_SERVICE, name: 'Presence service, TLS', env: tls };
  const contestants: readonly Contestant[] = [
    new GrpcContestant(PRESENCE_SERVICE),
    new GrpcContestant(withTls, { ticket: undefined }),
    new LineContestant(REDIS),
    new LineContestant(NATS),
    new SocketIoContestant(),
  ];
  const results: FanoutResult[] = [];
  for (const contestant of contestants) {
    const reason = contestant.unavailable();
    if (reason === undefined) results.push(await measureFanout(contestant, load));
    else console.log(`SKIPPED ${contestant.name}: ${reason}`);
  }
  // This server accepts events far faster than it can send them, and needs half a minute to deliver
  // those of one second.
  const short = { ...load, seconds: Math.min(load.seconds, 1) };
  return [...results, await measureFanout(new GrpcContestant(PLAIN_NEST), short)];
}

function state({ users, groupsPerUser, groups }: PopulationSize): object {
  progress(`state: ${users} users in ${groupsPerUser} groups each`);
  const script = fileURLToPath(new URL('state.js', import.meta.url));
  const size = [String(users), String(groupsPerUser), groups];
  const node = ['--expose-gc', '--max-old-space-size=8192', script, ...size];
  return JSON.parse(execFileSync(process.execPath, node, { encoding: 'utf8' })) as object;
}

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    trace: { type: 'string', default: 'test/fixtures/irc-presence-2000.csv' },
  },
  allowPositionals: true,
});
for (const name of positionals.length > 0 ? positionals : Object.keys(WORKLOADS)) {
  const workload = WORKLOADS[name];
  if (workload === undefined) {
    console.error(`There is no workload ${name}: choose of ${Object.keys(WORKLOADS).join(', ')}.`);
    process.exit(2);
  }
  const rows = await workload(values.quick, values.trace);
  clearProgress();
  report(name, rows);
}
process.exit(0);
