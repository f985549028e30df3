import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress } from '../../config/redis-url.js';
import { wantsNewConnection } from './diagnosis.js';

/** How long a command may take. A server that is frozen but connected would otherwise hang its callers. */
const COMMAND_TIMEOUT_MS = 1000;

/** How long a connection may be silent while an answer is due, before it is given up. */
const SOCKET_TIMEOUT_MS = 3000;

const MAX_RECONNECT_DELAY_MS = 500;

/** How often a server that loads its data is asked whether it is done. ioredis would wait for its estimate. */
const LOADING_RETRY_MS = 500;

export const RECONNECT_AT_MOST_EVERY_MS = 100;

/** How often the nodes of a cluster are asked who holds what. */
const TOPOLOGY_REFRESH_MS = 2000;

/** What ioredis does on its own is turned off: only the writer knows whether a command may be sent again. */
const OPTIONS = {
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // It would do so without looking at what comes of it, and let the process die of a time-out.
  autoResubscribe: false,
  maxLoadingRetryTime: LOADING_RETRY_MS,
} as const satisfies RedisOptions;

/**
 * ioredis listens for one error of a connection. A handshake of TLS that is broken off may have a second one, which
 * would end the process. There is no connection before the first attempt.
 */
export function allowMoreErrors({ stream }: { readonly stream?: Redis['stream'] }): void {
  stream?.on('error', () => {});
}

/** Throws as a replica would that is asked to write. */
export async function requirePrimary(redis: Redis): Promise<void> {
  const text = await redis.info('replication');
  if (/^role:slave/m.test(text)) throw new Error('READONLY the server is a replica');
}

/** Says yes at most that often. */
export function onceInAWhile(everyMs: number): () => boolean {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < everyMs) return false;
    last = now;
    return true;
  };
}

/** Connects, and connects anew whenever the connection is lost. */
export function newClient(address: RedisAddress): Redis | Cluster {
  const { topology, hosts, masterName, username, password, isTls } = address;
  const credentials = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isTls && { tls: {} }),
  };
  const retryStrategy = (attempt: number): number => Math.min(attempt * 50, MAX_RECONNECT_DELAY_MS);
  // One connection answers many commands with the same error, and is to be closed once.
  const isTimeToReconnect = onceInAWhile(RECONNECT_AT_MOST_EVERY_MS);
  const reconnectOnError = (error: Error): boolean =>
    wantsNewConnection(error) && isTimeToReconnect();
  const options = { ...credentials, ...OPTIONS, reconnectOnError };
  switch (topology) {
    case 'standalone':
      return new Redis({ ...hosts[0]!, ...options, retryStrategy });
    case 'sentinel':
      return new Redis({
        sentinels: hosts.map((host) => ({ ...host })),
        name: masterName!,
        enableTLSForSentinelMode: isTls,
        sentinelRetryStrategy: retryStrategy,
        ...options,
        retryStrategy,
      });
    case 'cluster':
      return new Cluster([...hosts], {
        shardedSubscribers: true,
        slotsRefreshInterval: TOPOLOGY_REFRESH_MS,
        clusterRetryStrategy: retryStrategy,
        enableOfflineQueue: false,
        redisOptions: options,
      });
  }
}
