import { redisUrl } from './redis-url.js';
import { optional, setting, type SettingsTable } from './setting.js';
import { integer, keyPrefix, milliseconds, perSecond, text } from './setting-types.js';

/** The settings of sessions, users, streams and limits, and of the store that nodes share. See `settings.ts`. */
export const presenceSettings = {
  policy: {
    idleTimeoutMs: setting('IDLE_TIMEOUT_MS', milliseconds(100), {
      default: '300000',
      scope: 'cluster-wide',
      description: 'Time without activity after which a user is IDLE.',
    }),
    heartbeatTimeoutMs: setting('HEARTBEAT_TIMEOUT_MS', milliseconds(100), {
      // Together with the interval of the deadline sweeper, a lost browser is noticed within ten seconds, as gRPC promises.
      default: '8000',
      scope: 'cluster-wide',
      description:
        'Time without a message after which a session ends if it was opened over HTTP or with `require_heartbeats`.',
    }),
    reconnectGraceMs: setting('RECONNECT_GRACE_MS', milliseconds(0), {
      default: '0',
      scope: 'cluster-wide',
      description:
        'Time for which a session still counts after its connection is lost. A session that its client closes ends at once.',
    }),
    maxSessionsPerUser: setting('MAX_SESSIONS_PER_USER', integer(1, 1_000), {
      default: '20',
      scope: 'cluster-wide',
      description: 'Maximum number of concurrent sessions of one user.',
    }),
  },
  streams: {
    heartbeatIntervalMs: setting('STREAM_HEARTBEAT_INTERVAL_MS', milliseconds(100), {
      default: '15000',
      scope: 'per node',
      description:
        'Time after which the server sends a message on a stream that is otherwise quiet.',
    }),
    maxEventAgeMs: setting('EVENT_LOG_MAX_AGE_MS', milliseconds(100), {
      default: '300000',
      scope: 'cluster-wide',
      description:
        'Time within which a subscriber can resume after a break. A node keeps the events of this time in memory, at most the last 100,000. On several nodes, subscribers who see every user receive older events from Redis, which keeps the commits of this time, at most 160 MB for each of its 16 partitions.',
    }),
  },
  limits: {
    connections: setting('MAX_CONNECTIONS_PER_NODE', integer(0, 1_000_000), {
      default: '50000',
      scope: 'per node',
      description:
        'Maximum number of gRPC connections, and separately of HTTP connections. 0: no limit.',
    }),
    connectionsPerAddress: setting('MAX_CONNECTIONS_PER_ADDRESS_PER_NODE', integer(0, 1_000_000), {
      default: '0',
      scope: 'per node',
      description:
        'Maximum number of these connections from one IPv4 address or one IPv6 /64 network. 0: no limit, as required behind a proxy, where all connections have its address.',
    }),
    sessions: setting('MAX_SESSIONS_PER_NODE', integer(0, 10_000_000), {
      default: '50000',
      scope: 'per node',
      description: 'Maximum number of concurrent sessions. 0: no limit.',
    }),
    subscriptionsPerUser: setting('MAX_SUBSCRIPTIONS_PER_USER_PER_NODE', integer(1, 100_000), {
      default: '20',
      scope: 'per node',
      description: 'Maximum number of concurrent subscriptions of one user.',
    }),
    commandsPerSecond: setting('MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE', perSecond, {
      default: '50',
      scope: 'per node',
      description:
        'Maximum rate of commands of one session. A burst may be twice as large. Heartbeats are counted separately with the same rate. 0: no limit.',
    }),
    callsPerSecondPerUser: setting('MAX_CALLS_PER_SECOND_PER_USER_PER_NODE', perSecond, {
      default: '200',
      scope: 'per node',
      description:
        'Maximum rate of calls of one user, with and without a session. A burst may be twice as large, and a request that counts more than a burst is rejected. Connect and Subscribe count as 10 calls, and each complete 16 KiB of a request as one more. Heartbeats are counted separately with the same rate. 0: no limit.',
    }),
    presencesPerSecondPerUser: setting('MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE', perSecond, {
      default: '10000',
      scope: 'per node',
      description:
        'Maximum rate at which one user reads presences in pages, batches and snapshots. A burst may be twice as large. 0: no limit.',
    }),
    heapPercent: setting('MAX_HEAP_PERCENT', integer(0, 100, 'percent'), {
      default: '75',
      scope: 'per node',
      description:
        'Heap use, as a share of the heap size limit of V8 (`--max-heap-size`), above which the node accepts no new sessions and subscriptions. V8 can end the process from 80 on. 0: no limit.',
    }),
    offlineUsers: setting('MAX_OFFLINE_USERS', integer(0, 10_000_000), {
      default: '100000',
      scope: 'cluster-wide',
      description:
        'Maximum number of OFFLINE users whose mute state, status choice and last activity are kept. The users who have been OFFLINE longest are forgotten first. As many users who chose INVISIBLE are kept in addition, and every revocation of tokens.',
    }),
  },
  redis: {
    address: optional('REDIS_URL', redisUrl, {
      scope: 'cluster-wide',
      description:
        'Redis server that the nodes share: redis://[user:password@]host[:port], several of these separated by commas for a Redis Cluster, or redis-sentinel://[user:password@]host[:port][,host...]#master. rediss: with TLS. Not set: one node that keeps everything in memory.',
    }),
    passwordFile: optional('REDIS_PASSWORD_FILE', text, {
      scope: 'per node',
      description:
        'Path of a file with the password of Redis, instead of a password in REDIS_URL. After a change of the file, new connections use the new password within seconds.',
    }),
    keyPrefix: setting('REDIS_KEY_PREFIX', keyPrefix, {
      default: 'presence:',
      scope: 'cluster-wide',
      description:
        'Prefix of all keys in Redis, so that several services can share a Redis server.',
    }),
  },
} satisfies SettingsTable;
