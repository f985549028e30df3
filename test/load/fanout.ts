import { setTimeout as sleep } from 'node:timers/promises';
import type { Contestant, Watcher } from './contestant.js';
import { median, percentile } from './median.js';
import { progress } from './progress.js';

export interface FanoutLoad {
  readonly subscribers: number;
  /** The number of events that are published together, and the interval between two bursts. */
  readonly burst: number;
  readonly intervalMs: number;
  readonly seconds: number;
  readonly runs: number;
}

export interface FanoutResult {
  readonly name: string;
  readonly load: FanoutLoad;
  /** The published events per second. A saturated server accepts fewer than it is offered. */
  readonly eventsPerSecond: number;
  readonly deliveriesPerSecond: number;
  /**
   * Processor time of the server per event and subscriber, including publishing, in microseconds.
   */
  readonly cpuMicrosPerDelivery: number;
  readonly serverCores: number;
  /**
   * The latency from commit to client, in milliseconds. Undefined if the contestant does not report
   * it.
   */
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

/** One in this many subscribers measures the latency of its events. */
const SAMPLE = 10;
const WARM_UP_SECONDS = 2;
const MAX_BURSTS_UNDER_WAY = 3;

/**
 * Publishes to many subscribers, each on a separate connection, and measures the server's resource
 * usage.
 */
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
        // A publisher does not wait for its readers, but it must not overload a saturated server
        // either.
        if (underWay >= MAX_BURSTS_UNDER_WAY) continue;
        underWay++;
        published += load.burst;
        void publisher.publish(load.burst).then(() => underWay--);
      }
      const target = before.delivered + published * load.subscribers;
      while (delivered < target) await sleep(5);
      // The time includes what a saturated server still has to send.
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

/**
 * Waits until no events have arrived for a while, because the events of connecting publishers are
 * not part of a run.
 */
async function settle(delivered: () => number): Promise<void> {
  for (let before = -1; before !== delivered();) {
    before = delivered();
    await sleep(500);
  }
}
