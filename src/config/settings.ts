import { logLevelNames } from './log-level.js';
import { redisUrl } from './redis-url.js';
import { optional, setting, type Setting } from './setting.js';
import {
  A_YEAR_MS,
  boolean,
  environmentName,
  grpcAddress,
  host,
  httpUrl,
  integer,
  keyPrefix,
  milliseconds,
  onOff,
  oneOf,
  origins,
  perSecond,
  text,
  tokenSecrets,
} from './setting-types.js';

/**
 * All settings, by their place in `Config`: `KEEPALIVE_TIME_MS` is `config.grpc.keepaliveTimeMs`. This is the only place
 * that defines the name, type, unit, scope, default and meaning of a setting. `.env.example` and `docs/settings.md` are
 * generated from it, in this order.
 */
export const settings = {
  process: {
    isProduction: setting('NODE_ENV', environmentName, {
      default: 'development',
      scope: 'per node',
      description:
        'production: requires a token key, disables gRPC reflection, and writes the log as JSON. Any other value: development.',
    }),
    logLevel: setting('LOG_LEVEL', oneOf(logLevelNames), {
      default: 'info',
      scope: 'per node',
      description:
        'The lowest level of log entries that are written: fatal, error, warn, info, debug or verbose.',
    }),
    auditLog: setting('AUDIT_LOG', onOff, {
      default: 'on',
      scope: 'per node',
      description:
        'on: one log line for each action of an admin or a moderator on another user, with the ids of both. off: none.',
    }),
    drainTimeoutMs: setting('DRAIN_TIMEOUT_MS', milliseconds(0), {
      default: '10000',
      scope: 'per node',
      description: 'Time that open calls have to end after SIGTERM.',
    }),
  },
  grpc: {
    url: setting('GRPC_URL', grpcAddress, {
      default: '0.0.0.0:50051',
      scope: 'per node',
      description:
        'Address of the gRPC server: host:port, [IPv6]:port, or unix:path of a socket. Port 0 selects a free port.',
    }),
    keepaliveTimeMs: setting('KEEPALIVE_TIME_MS', milliseconds(100), {
      default: '5000',
      scope: 'per node',
      description: 'Time between two PINGs on every gRPC connection.',
    }),
    keepaliveTimeoutMs: setting('KEEPALIVE_TIMEOUT_MS', milliseconds(100), {
      default: '5000',
      scope: 'per node',
      description:
        'Time that a client has to acknowledge a PING. A silent client is disconnected after at most the sum of both times.',
    }),
    maxStreamsPerConnection: setting('MAX_STREAMS_PER_CONNECTION', integer(1, 1_000_000), {
      default: '1000',
      scope: 'per node',
      description:
        'Maximum number of open calls and streams on one gRPC connection. Further calls wait in the client, without an error.',
    }),
  },
  tls: {
    certFile: optional('GRPC_TLS_CERT_FILE', text, {
      scope: 'per node',
      description:
        'Path of a PEM file with the certificate of the server, followed by the intermediate certificates. Requires GRPC_TLS_KEY_FILE. Changes of the file apply within seconds. Not set: gRPC without TLS.',
    }),
    keyFile: optional('GRPC_TLS_KEY_FILE', text, {
      scope: 'per node',
      description: 'Path of a PEM file with the unencrypted private key of that certificate.',
    }),
    clientCaFile: optional('GRPC_TLS_CLIENT_CA_FILE', text, {
      scope: 'per node',
      description:
        'Path of a PEM file with the certificates that must have issued the certificates of clients (mutual TLS). Not set: clients need no certificate.',
    }),
  },
  http: {
    host: setting('HTTP_HOST', host, {
      default: '0.0.0.0',
      scope: 'per node',
      description:
        'Host name or IP address of the HTTP server: health, metrics, the API for browsers and the dashboard.',
    }),
    port: setting('HTTP_PORT', integer(0, 65_535), {
      default: '3000',
      scope: 'per node',
      description: 'Port of the HTTP server. 0 selects a free port.',
    }),
    api: setting('HTTP_API', boolean, {
      default: 'true',
      scope: 'per node',
      description:
        'Whether HTTP serves the API for browsers (Connect and gRPC-Web) and the dashboard, which shows what the entered token may see.',
    }),
    corsOrigins: optional('HTTP_CORS_ORIGINS', origins, {
      scope: 'per node',
      description:
        'Origins of other web pages that may call the API over HTTP, separated by commas, such as https://chat.example.com. *: all origins.',
    }),
  },
  auth: {
    secrets: optional('AUTH_JWT_SECRET', tokenSecrets, {
      scope: 'cluster-wide',
      description:
        'Key of tokens that are signed with HS256: the bytes of this text, at least 32. Several secrets are separated by spaces: the first one signs tokens of the command line, and all of them verify. Set at most one of AUTH_JWT_SECRET, AUTH_JWT_SECRET_FILE, AUTH_JWKS_URL and AUTH_JWT_PUBLIC_KEY_FILE. None is set: the server creates a random key, but in production it does not start.',
    }),
    secretFile: optional('AUTH_JWT_SECRET_FILE', text, {
      scope: 'cluster-wide',
      description:
        'Path of a file with the value of AUTH_JWT_SECRET, for platforms that mount secrets as files. Changes of the file apply within seconds.',
    }),
    jwksUrl: optional('AUTH_JWKS_URL', httpUrl, {
      scope: 'cluster-wide',
      description:
        'URL of the JSON Web Key Set of an identity provider, for tokens that are signed with RS256, PS256, ES256, ES384 or EdDSA.',
    }),
    publicKeyFile: optional('AUTH_JWT_PUBLIC_KEY_FILE', text, {
      scope: 'cluster-wide',
      description:
        'Path of a PEM file with the public keys or certificates that verify tokens, at most 8 (same algorithms as AUTH_JWKS_URL). Changes of the file apply within seconds.',
    }),
    issuer: optional('AUTH_JWT_ISSUER', text, {
      scope: 'cluster-wide',
      description: 'Required claim `iss` of every token. Not set: the claim is not checked.',
    }),
    audience: optional('AUTH_JWT_AUDIENCE', text, {
      scope: 'cluster-wide',
      description:
        'Required claim `aud` of every token, or one of its values. Not set: the claim is not checked.',
    }),
    grantsClaim: setting('AUTH_GRANTS_CLAIM', text, {
      default: 'presence',
      scope: 'cluster-wide',
      description:
        'Name of the claim with the grants of a token: groups, channels, and whether it may begin sessions.',
    }),
    maxTokenLifetimeMs: optional('AUTH_MAX_TOKEN_LIFETIME_MS', milliseconds(1000, A_YEAR_MS), {
      scope: 'cluster-wide',
      description:
        'Maximum time from the issue of a token (`iat`) to its end (`exp`). Tokens that live longer, or lack one of these claims, are rejected. A revocation of tokens is forgotten when this time has passed. Not set: any token, and revocations are kept for ever.',
    }),
  },
  access: {
    visibility: setting('VISIBILITY', oneOf(['everyone', 'groups']), {
      default: 'everyone',
      scope: 'cluster-wide',
      description:
        'everyone: every user sees every user. groups: a user sees the users who share a group of the token, and the users in channels that the token may watch. Tokens with the scope presence:admin see every user.',
    }),
    channelAccess: setting('CHANNEL_ACCESS', oneOf(['any', 'granted']), {
      default: 'any',
      scope: 'cluster-wide',
      description:
        'any: a token that names no channels to join or watch may use every channel. granted: a token may use only the channels that it names. Tokens with the scope presence:admin may use every channel.',
    }),
  },
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
      scope: 'per node',
      description:
        'Time for which the node keeps an event for subscribers that resume, unless 100,000 newer events replace it.',
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
} satisfies Record<string, Readonly<Record<string, Setting<unknown>>>>;

type Settings = typeof settings;
type Slice = keyof Settings;

/** The headings of the groups in `.env.example` and in the documentation. */
export const headings: Readonly<Record<Slice, string>> = {
  process: 'Process',
  grpc: 'gRPC',
  tls: 'TLS of gRPC',
  http: 'HTTP',
  auth: 'Tokens',
  access: 'Access',
  policy: 'Sessions and users',
  streams: 'Streams and events',
  limits: 'Limits',
  redis: 'Several nodes',
};

/** The values of all settings, as their types read them. */
export type SettingValues = {
  readonly [S in Slice]: {
    readonly [Key in keyof Settings[S]]: Settings[S][Key] extends Setting<infer T> ? T : never;
  };
};

/** The name of an environment variable that is a setting. */
export type SettingName = {
  [S in Slice]: {
    [Key in keyof Settings[S]]: Settings[S][Key] extends Setting<unknown, infer N> ? N : never;
  }[keyof Settings[S]];
}[Slice];

/** All settings in a list, each with its place in `Config`. */
export const allSettings = Object.entries(settings).flatMap(([slice, group]) =>
  Object.entries(group).map(([key, each]) => ({
    slice: slice as Slice,
    key,
    ...(each as Setting<unknown, SettingName>),
  })),
);
