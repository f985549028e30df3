import { setTimeout as sleep } from 'node:timers/promises';
import {
  ListOnlineUsersRequest,
  ListOnlineUsersResponse,
} from '../../src/grpc/generated/presence/v1/presence_service.pb.js';
import { SubscribeResponse } from '../../src/grpc/generated/presence/v1/events_service.pb.js';
import { call, metadataOf, newClient, tokenOf } from './grpc-clients.js';
import { PRESENCE_SERVICE, startGrpcServer } from './grpc-server.js';
import { RawConnection } from './raw-connection.js';
import { following, openSessions, userId } from './sessions.js';

const FRIENDS = 10;
const GIVE_UP_MS = 60_000;

export interface StormResult {
  readonly sessions: number;
  readonly cut: number;
  /** From the cut until a watcher of everyone has heard of every user, and the list is right. Milliseconds. */
  readonly allEventsMs: number;
  readonly listRightMs: number;
  readonly serverCpuSeconds: number;
}

/** Cuts half of all connections at one moment. */
export async function measureStorm(sessions: number): Promise<StormResult> {
  const server = await startGrpcServer(PRESENCE_SERVICE);
  const client = newClient(server.port);
  try {
    const connections = await openSessions(server.port, sessions, FRIENDS);
    const cut = connections.filter((_, i) => i % 2 === 0);
    const missing = new Set(connections.flatMap((_, i) => (i % 2 === 0 ? [userId(i)] : [])));
    const watcher = new RawConnection(server.port, await tokenOf('watcher'));
    await watcher.begin('EventsService/Subscribe', following([]), (message) => {
      for (const { change, presence } of SubscribeResponse.decode(message).events) {
        if (change?.$case === 'userOffline') missing.delete(presence!.userId);
      }
    });
    await sleep(1000);

    const metadata = await metadataOf('watcher');
    const cpu = server.usage().cpuSeconds;
    const start = performance.now();
    const elapsed = (): number => performance.now() - start;
    for (const connection of cut) connection.destroy();
    const allEvents = until(() => missing.size === 0, elapsed);
    const listRight = until(async () => {
      const request = { pageSize: 1, pageToken: '', statuses: [] };
      const { totalSize } = await call(
        client,
        'PresenceService/ListOnlineUsers',
        ListOnlineUsersRequest,
        ListOnlineUsersResponse,
        request,
        metadata,
      );
      return totalSize === sessions - cut.length;
    }, elapsed);
    const [allEventsMs, listRightMs] = await Promise.all([allEvents, listRight]);
    const serverCpuSeconds = server.usage().cpuSeconds - cpu;
    for (const connection of [...connections, watcher]) connection.destroy();
    return { sessions, cut: cut.length, allEventsMs, listRightMs, serverCpuSeconds };
  } finally {
    client.close();
    await server.stop();
  }
}

async function until(
  isDone: () => boolean | Promise<boolean>,
  elapsed: () => number,
): Promise<number> {
  while (!(await isDone())) {
    if (elapsed() > GIVE_UP_MS) return Infinity;
    await sleep(20);
  }
  return elapsed();
}
