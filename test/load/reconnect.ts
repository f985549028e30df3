import { setTimeout as sleep } from 'node:timers/promises';
import { SubscribeResponse } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { Authority } from '../support/certificates.js';
import { RedisServer } from '../support/redis-server.js';
import { TlsFolder } from '../support/tls-folder.js';
import { tokenOf } from './grpc-clients.js';
import { PRESENCE_SERVICE, startGrpcServer } from './grpc-server.js';
import { progress } from './progress.js';
import { RawConnection } from './raw-connection.js';
import { ReturningClients } from './returning-clients.js';
import type { ServerProcess } from './server-process.js';
import { following } from './sessions.js';

const FRIENDS = 10;
/** The other nodes take the lost node off after three seconds. Their work for that is counted as well. */
const REAPED_MS = 6000;

export interface ReconnectResult {
  readonly transport: 'plain' | 'TLS';
  readonly clients: number;
  /** The time from the loss until each client has a session and a subscription on another node. */
  readonly allBackMs: number;
  /** Processor time of both other nodes, and of Redis, for each client. It includes the end of the lost sessions. */
  readonly nodeMicrosPerClient: number;
  readonly redisMicrosPerClient: number;
  /** The number of users whom a subscriber saw go OFFLINE. */
  readonly seenOffline: number;
  readonly toldToComeLater: number;
  readonly lostConnections: number;
  readonly resumedTls: number;
}

/**
 * Kills one of three nodes, whose clients all return to the other two at once, with the sessions and the positions that
 * they had.
 */
export async function measureReconnect(
  transport: ReconnectResult['transport'],
  clients: number,
): Promise<ReconnectResult> {
  const tls = transport === 'TLS';
  const folder = await TlsFolder.with(await (await Authority.make('bench')).server());
  const redis = await RedisServer.start();
  const nodes: ServerProcess[] = [];
  const returning = new ReturningClients([], { friends: FRIENDS, tls });
  try {
    const env = { REDIS_URL: redis.url, ...(tls && folder.settings) };
    for (let i = 0; i < 3; i++) {
      // With the limit of new sessions, which most other workloads raise.
      const server = { ...PRESENCE_SERVICE, script: 'dist/main.js', args: [], env };
      nodes.push(await startGrpcServer(server));
    }
    const [lost, ...others] = nodes as [ServerProcess, ServerProcess, ServerProcess];
    progress(`${transport}: ${clients} clients connect`);
    returning.moveTo([lost.port]);
    await returning.return(clients);

    const gone = new Set<string>();
    const tlsOptions = tls ? { ticket: undefined } : undefined;
    const watcher = new RawConnection(others[0].port, await tokenOf('watcher'), tlsOptions);
    await watcher.begin('EventsService/Subscribe', following([]), (message) => {
      for (const { change, presence } of SubscribeResponse.decode(message).events) {
        if (change?.$case === 'userOffline') gone.add(presence!.userId);
      }
    });
    await sleep(1000);

    progress(`${transport}: ${clients} clients return`);
    const cpuOfNodes = (): number => others[0].usage().cpuSeconds + others[1].usage().cpuSeconds;
    const [nodesBefore, redisBefore] = [cpuOfNodes(), redis.cpuSeconds()];
    const start = performance.now();
    await lost.kill();
    returning.moveTo(others.map(({ port }) => port));
    await returning.return(clients);
    const allBackMs = performance.now() - start;
    await sleep(REAPED_MS);
    const perClient = (seconds: number): number => (seconds / clients) * 1e6;
    watcher.destroy();
    return {
      transport,
      clients,
      allBackMs,
      nodeMicrosPerClient: perClient(cpuOfNodes() - nodesBefore),
      redisMicrosPerClient: perClient(redis.cpuSeconds() - redisBefore),
      seenOffline: gone.size,
      toldToComeLater: returning.refusals,
      lostConnections: returning.losses,
      resumedTls: returning.resumed,
    };
  } finally {
    returning.leave();
    for (const node of nodes) await node.stop();
    await redis.stop();
    await folder.remove();
  }
}
