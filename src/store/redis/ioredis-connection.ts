import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress } from '../../config/redis-url.js';
import { wantsNewConnection } from './diagnosis.js';
import type { RedisPassword } from './redis-password.js';

/** The command timeout in milliseconds. Without it, a server that is frozen but connected would block its callers. */
const COMMAND_TIMEOUT_MS = 1000;

/** The milliseconds that a connection may be silent while a response is due, before it is closed. */
const SOCKET_TIMEOUT_MS = 3000;

const MAX_RECONNECT_DELAY_MS = 500;

/** Milliseconds between two checks of a server that is loading its data. ioredis would wait for its own estimate. */
const LOADING_RETRY_MS = 500;

export const RECONNECT_AT_MOST_EVERY_MS = 100;

/** Milliseconds between two refreshes of the cluster topology. */
const TOPOLOGY_REFRESH_MS = 2000;

/** All automatic retries of ioredis are off: only the writer knows whether a command may be sent again. */
const OPTIONS = {
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // ioredis would ignore the result of a resubscription, and a timeout in it would end the process.
  autoResubscribe: false,
  maxLoadingRetryTime: LOADING_RETRY_MS,
} as const satisfies RedisOptions;

/**
 * Ignores further errors of a connection. ioredis handles only the first one, but an interrupted TLS handshake can emit
 * a second one, which would end the process. Before the first attempt there is no stream.
 */
export function allowMoreErrors({ stream }: { readonly stream?: Redis['stream'] }): void {
  stream?.on('error', () => {});
}

/** Throws the same error as a replica that receives a write. */
export async function requirePrimary(redis: Redis): Promise<void> {
  const text = await redis.info('replication');
  if (/^role:slave/m.test(text)) throw new Error('READONLY the server is a replica');
}

/** Returns a function that is true at most once per interval. */
export function onceInAWhile(everyMs: number): () => boolean {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < everyMs) return false;
    last = now;
    return true;
  };
}

/**
 * Creates a client that connects, and reconnects after every loss of the connection. Every new connection uses the
 * current password.
 */
export function newClient(address: RedisAddress, file?: RedisPassword): Redis | Cluster {
  const password = file?.current ?? address.password;
  const client = clientOf({ ...address, password });
  file?.onChange(() => useCurrent(file, client));
  // The pool of a cluster client keeps its own copy of the first password.
  if (client instanceof Cluster && file !== undefined) {
    client.on('+node', (node: Redis) => useCurrent(file, node));
  }
  return client;
}

/** ioredis reads the options at each connection attempt. Open connections stay authenticated. */
function useCurrent({ current }: RedisPassword, client: Redis | Cluster): void {
  const servers = client instanceof Cluster ? client.nodes() : [client];
  for (const { options } of servers) options.password = current;
}

function clientOf(address: RedisAddress): Redis | Cluster {
  const { topology, hosts, masterName, username, password, isTls } = address;
  const credentials = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isTls && { tls: {} }),
  };
  const retryStrategy = (attempt: number): number => Math.min(attempt * 50, MAX_RECONNECT_DELAY_MS);
  // Many commands on one connection can fail with the same error, and the connection must be closed only once.
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

/**
 * Sends the commands of this slice of the event loop with one write, because every write costs a system call here and another one
 * in Redis. Only for a client with one connection.
 */
export function joinWrites(client: Redis | Cluster): void {
  if (client instanceof Cluster || client.status !== 'ready') return;
  const { stream } = client;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}
