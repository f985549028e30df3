import { setTimeout as sleep } from 'node:timers/promises';
import type { Contestant, Watcher } from './contestant.js';
import { median, percentile } from './median.js';
import { progress } from './progress.js';

export interface FanoutLoad {
  readonly subscribers: number;
  /** Events that are published together, and how long after them the next ones are. */
  readonly burst: number;
  readonly intervalMs: number;
  readonly seconds: number;
  readonly runs: number;
}

export interface FanoutResult {
  readonly name: string;
  readonly load: FanoutLoad;
  /** Published, in events a second. A server that is full takes fewer than it is offered. */
  readonly eventsPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** Processor time of the server for each event and subscriber, publishing included, in microseconds. */
  readonly cpuMicrosPerDelivery: number;
  readonly serverCores: number;
  /** From commit to client, in milliseconds. Undefined where the contestant does not tell. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly rssMegabytes: number;
}

interface Run {
  readonly published: number;
  readonly delivered: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly latencies: readonly number[];
  readonly rssBytes: number;
}

/** Every how many subscribers one is asked for the age of what it is sent. */
const SAMPLE = 10;
const WARM_UP_SECONDS = 2;
const MAX_BURSTS_UNDER_WAY = 3;

/** Publishes to many subscribers, each on a connection of its own, and asks the system what it cost the server. */
export async function measureFanout(
  contestant: Contestant,
  load: FanoutLoad,
): Promise<FanoutResult> {
  const server = await contestant.start();
  try {
    let delivered = 0;
    let latencies: number[] = [];
    const watchers: Watcher[] = [];
    for (let i = 0; i < load.subscribers; i++) {
      if (i % 50 === 0) progress(`${contestant.name}: ${i} of ${load.subscribers} subscribers`);
      watchers.push(
        await contestant.subscribe(server.port, (count, publishedAt) => {
          delivered += count;
          const at = i % SAMPLE === 0 ? publishedAt?.() : undefined;
          if (at !== undefined) latencies.push(Date.now() - at);
        }),
      );
    }
    const publisher = await contestant.publisher(server.port);
    await settle(() => delivered);

    const run = async (seconds: number): Promise<Run> => {
      const before = { ...server.usage(), delivered, at: performance.now() };
      latencies = [];
      const end = before.at + seconds * 1000;
      let published = 0;
      let underWay = 0;
      for (let due = before.at; performance.now() < end; due += load.intervalMs) {
        await sleep(Math.max(0, due - performance.now()));
        // A publisher does not wait for its readers, but a full server is not buried either.
        if (underWay >= MAX_BURSTS_UNDER_WAY) continue;
        underWay++;
        published += load.burst;
        void publisher.publish(load.burst).then(() => underWay--);
      }
      const target = before.delivered + published * load.subscribers;
      while (delivered < target) await sleep(5);
      // What a full server still has to send is part of its time.
      const wallSeconds = (performance.now() - before.at) / 1000;
      const after = server.usage();
      return {
        published,
        delivered: delivered - before.delivered,
        cpuSeconds: after.cpuSeconds - before.cpuSeconds,
        wallSeconds,
        latencies,
        rssBytes: after.rssBytes,
      };
    };

    progress(`${contestant.name}: warming up`);
    await run(WARM_UP_SECONDS);
    const runs: Run[] = [];
    for (let i = 1; i <= load.runs; i++) {
      progress(`${contestant.name}: run ${i} of ${load.runs}`);
      runs.push(await run(load.seconds));
    }
    await publisher.close();
    for (const watcher of watchers) watcher.close();
    return summarize(contestant.name, load, runs);
  } finally {
    await server.stop();
  }
}

function summarize(name: string, load: FanoutLoad, runs: readonly Run[]): FanoutResult {
  const of = (value: (run: Run) => number): number => median(runs.map(value));
  const hasLatencies = runs.every((run) => run.latencies.length > 0);
  return {
    name,
    load,
    eventsPerSecond: of((run) => run.published / run.wallSeconds),
    deliveriesPerSecond: of((run) => run.delivered / run.wallSeconds),
    cpuMicrosPerDelivery: of((run) => (run.cpuSeconds / run.delivered) * 1e6),
    serverCores: of((run) => run.cpuSeconds / run.wallSeconds),
    p50Ms: hasLatencies ? of((run) => percentile(run.latencies, 50)) : undefined,
    p99Ms: hasLatencies ? of((run) => percentile(run.latencies, 99)) : undefined,
    rssMegabytes: of((run) => run.rssBytes / 2 ** 20),
  };
}

/** Waits until nothing has arrived for a while: what the publishers did to come online is no part of a run. */
async function settle(delivered: () => number): Promise<void> {
  for (let before = -1; before !== delivered();) {
    before = delivered();
    await sleep(500);
  }
}
