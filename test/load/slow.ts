import { setTimeout as sleep } from 'node:timers/promises';
import { SubscribeResponse } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { GrpcContestant } from './contestants/grpc-contestant.js';
import { PRESENCE_SERVICE } from './grpc-server.js';
import { tokenOf } from './grpc-clients.js';
import { percentile } from './median.js';
import { progress } from './progress.js';
import { RawConnection } from './raw-connection.js';
import { following } from './sessions.js';

export interface SlowResult {
  readonly readers: number;
  readonly slowReaders: number;
  /**
   * The latency from commit to client for normal readers, without and with slow readers.
   * Milliseconds.
   */
  readonly p99MsAlone: number;
  readonly p99MsBesideSlow: number;
  /** The additional server memory for each reader that has stopped reading. */
  readonly rssKilobytesPerSlowReader: number;
}

const SECONDS = 5;
const BURST = 10;
const INTERVAL_MS = 20;

/**
 * Measures normal readers, and the same number of readers that stop reading while events continue.
 */
export async function measureSlow(readers: number): Promise<SlowResult> {
  const contestant = new GrpcContestant(PRESENCE_SERVICE);
  const server = await contestant.start();
  try {
    let latencies: number[] = [];
    const open = async (): Promise<RawConnection> => {
      const connection = new RawConnection(server.port, await tokenOf('watcher'));
      await connection.begin('EventsService/Subscribe', following([]), (message) => {
        const { occurredAt } = SubscribeResponse.decode(message).events.at(0) ?? {};
        if (occurredAt === undefined) return;
        latencies.push(Date.now() - occurredAt.seconds * 1000 - occurredAt.nanos / 1e6);
      });
      return connection;
    };
    for (let i = 0; i < readers; i++) await open();
    const publisher = await contestant.publisher(server.port);
    const publish = async (): Promise<number> => {
      latencies = [];
      const end = performance.now() + SECONDS * 1000;
      while (performance.now() < end) {
        await publisher.publish(BURST);
        await sleep(INTERVAL_MS);
      }
      return percentile(latencies, 99);
    };
    progress('slow readers: without them');
    await publish();
    const p99MsAlone = await publish();
    progress('slow readers: with them');
    for (let i = 0; i < readers; i++) (await open()).pause();
    const before = server.usage().rssBytes;
    const p99MsBesideSlow = await publish();
    const { rssBytes } = server.usage();
    await publisher.close();
    return {
      readers,
      slowReaders: readers,
      p99MsAlone,
      p99MsBesideSlow,
      rssKilobytesPerSlowReader: (rssBytes - before) / 1024 / readers,
    };
  } finally {
    await server.stop();
  }
}
