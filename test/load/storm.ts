import { setTimeout as sleep } from 'node:timers/promises';
import {
  ListOnlineUsersRequest,
  ListOnlineUsersResponse,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { SubscribeResponse } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { call, metadataOf, newClient, tokenOf } from './grpc-clients.js';
import { PRESENCE_SERVICE, startGrpcServer } from './grpc-server.js';
import { RawConnection } from './raw-connection.js';
import { ReturningClients } from './returning-clients.js';
import { following, openSessions, userId } from './sessions.js';

const FRIENDS = 10;
const GIVE_UP_MS = 60_000;

export interface StormResult {
  readonly sessions: number;
  readonly cut: number;
  /**
   * The time from the disconnect until a subscriber to all users has an event of every user, and
   * until the list is correct. Milliseconds.
   */
  readonly allEventsMs: number;
  readonly listRightMs: number;
  readonly serverCpuSeconds: number;
  /**
   * The time from the moment at which all clients reconnect, after the others were also
   * disconnected, until each has a session.
   */
  readonly allBackMs: number;
  readonly toldToComeLater: number;
  readonly lostConnections: number;
}

/**
 * Disconnects half of all clients at once, then the rest, and lets all of them reconnect at once.
 */
export async function measureStorm(sessions: number): Promise<StormResult> {
  // With the limit of new sessions, which the other workloads raise.
  const server = await startGrpcServer({ ...PRESENCE_SERVICE, script: 'dist/main.js', args: [] });
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
    const online = async (): Promise<number> => {
      const request = { pageSize: 1, pageToken: '', statuses: [], groupId: '' };
      const { totalSize } = await call(
        client,
        'PresenceService/ListOnlineUsers',
        ListOnlineUsersRequest,
        ListOnlineUsersResponse,
        request,
        metadata,
      );
      return totalSize;
    };
    const listRight = until(async () => (await online()) === sessions - cut.length, elapsed);
    const [allEventsMs, listRightMs] = await Promise.all([allEvents, listRight]);
    const serverCpuSeconds = server.usage().cpuSeconds - cpu;
    for (const connection of [...connections, watcher]) connection.destroy();
    await until(async () => (await online()) === 0, elapsed);

    const returning = new ReturningClients([server.port]);
    const returnedAt = performance.now();
    await returning.return(sessions);
    const allBackMs = performance.now() - returnedAt;
    returning.leave();
    return {
      ...{ sessions, cut: cut.length, allEventsMs, listRightMs, serverCpuSeconds, allBackMs },
      toldToComeLater: returning.refusals,
      lostConnections: returning.losses,
    };
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
