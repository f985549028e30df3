import { setTimeout as sleep } from 'node:timers/promises';
import { WatchCountsRequest } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { startGrpcServer } from './grpc-server.js';
import { tokenOf } from './grpc-clients.js';
import { median } from './median.js';
import { progress } from './progress.js';
import { RawConnection } from './raw-connection.js';

export interface CountsLoad {
  readonly members: number;
  readonly subscribers: number;
  readonly seconds: number;
  readonly rounds: number;
}

export interface CountsResult extends CountsLoad {
  /** The processor time of the server without subscribers, as a percentage of one core. */
  readonly percentOfCoreWithout: number;
  /** The additional processor time with the subscribers: the median over pairs of measurements. */
  readonly percentOfCoreForSubscribers: number;
  readonly messagesPerSecondAndSubscriber: number;
}

/** The time in which connections open and close, which is not measured. */
const SETTLE_MS = 1500;

/**
 * Measures what subscribers to the counts of one large channel cost, while 1,000 of its members
 * change every second. It is measured alternately with and without the subscribers.
 */
export async function measureCounts(load: CountsLoad): Promise<CountsResult> {
  const { members, subscribers, seconds, rounds } = load;
  progress(`counts: ${members} members connect`);
  const server = await startGrpcServer({
    name: 'Presence service',
    script: 'build/test/load/servers/counted.js',
    env: { USERS: String(members) },
  });
  const percentOfCore = async (): Promise<number> => {
    const before = server.usage().cpuSeconds;
    const start = performance.now();
    await sleep(seconds * 1000);
    const elapsed = (performance.now() - start) / 1000;
    return (100 * (server.usage().cpuSeconds - before)) / elapsed;
  };
  const request = WatchCountsRequest.encode({ channelIds: ['stage'], groupIds: [] }).finish();
  const without: number[] = [];
  const additional: number[] = [];
  let messages = 0;
  try {
    // The first round is the warm-up.
    for (let round = 0; round <= rounds; round++) {
      progress(`counts: round ${round} of ${rounds}`);
      const alone = await percentOfCore();
      const connections: RawConnection[] = [];
      let received = 0;
      for (let i = 0; i < subscribers; i++) {
        const connection = new RawConnection(server.port, await tokenOf(`watcher-${i}`));
        await connection.begin('EventsService/WatchCounts', request, () => received++);
        connections.push(connection);
      }
      await sleep(SETTLE_MS);
      received = 0;
      const watched = await percentOfCore();
      if (round > 0) {
        messages += received;
        without.push(alone);
        additional.push(watched - alone);
      }
      for (const connection of connections) connection.destroy();
      await sleep(SETTLE_MS);
    }
  } finally {
    await server.stop();
  }
  return {
    ...load,
    percentOfCoreWithout: median(without),
    percentOfCoreForSubscribers: median(additional),
    messagesPerSecondAndSubscriber: messages / rounds / seconds / subscribers,
  };
}
