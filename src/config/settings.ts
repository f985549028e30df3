import {
  environmentName,
  boolean,
  grpcAddress,
  host,
  httpUrl,
  keyPrefix,
  type SettingType,
  milliseconds,
  oneOf,
  origins,
  secret,
  integer,
  text,
} from './setting-types.js';
import { logFormatNames, logLevelNames } from './log-level.js';
import { redisUrl } from './redis-url.js';

/** The type of a rate. Zero: no limit. */
const perSecond = integer(0, 10_000_000);

/** One setting. This is the only place that defines its default, its unit and its meaning. */
export interface Setting<T> {
  readonly kind: SettingType<T>;
  /** The text as the environment would contain it. Empty: there is no default. */
  readonly default: string;
  readonly description: string;
}

/** All settings, in the order of `.env.example`. A test compares that file with this table. */
export const settings = {
  NODE_ENV: setting(
    environmentName,
    'development',
    '"production" makes a key of tokens compulsory and turns reflection and the dashboard off. Any other word is fine.',
  ),
  LOG_LEVEL: setting(
    oneOf(logLevelNames),
    'info',
    'The least severe lines to log: fatal, error, warn, info, debug or verbose.',
  ),
  LOG_FORMAT: optional(
    oneOf(logFormatNames),
    'How lines are logged: json, or text for people. When not set: json in production, else text.',
  ),

  GRPC_URL: setting(
    grpcAddress,
    '0.0.0.0:50051',
    'Where gRPC is served: host:port, [IPv6]:port, or unix:path of a socket. Port 0 takes a free one.',
  ),
  GRPC_REFLECTION: optional(
    boolean,
    'Whether tools may ask the server for its contract: true or false. When not set: true unless in production.',
  ),
  GRPC_TLS_CERT_FILE: optional(
    text,
    'Path of a PEM file with the certificate of the server, then those between it and the root. Set with the next: TLS; neither: plain. Files that change are taken up within seconds.',
  ),
  GRPC_TLS_KEY_FILE: optional(
    text,
    'Path of a PEM file with the private key of that certificate, not encrypted.',
  ),
  GRPC_TLS_CLIENT_CA_FILE: optional(
    text,
    'Path of a PEM file with the certificates by which those of clients must be issued (mutual TLS). Not set: clients need no certificate.',
  ),
  KEEPALIVE_TIME_MS: setting(
    milliseconds(100),
    '5000',
    'Milliseconds between the pings on every gRPC connection.',
  ),
  KEEPALIVE_TIMEOUT_MS: setting(
    milliseconds(100),
    '5000',
    'Milliseconds that the answer to a ping may take. A silent peer is gone within the sum of both.',
  ),
  CONNECTION_HANDSHAKE_TIMEOUT_MS: setting(
    milliseconds(100),
    '10000',
    'Milliseconds within which a new gRPC connection must have begun to speak HTTP/2, TLS included.',
  ),
  CONNECTION_IDLE_TIMEOUT_MS: setting(
    milliseconds(100),
    '300000',
    'Milliseconds without any call after which a gRPC connection is closed. Clients open another one by themselves when they need it.',
  ),
  CALL_TIMEOUT_MS: setting(
    milliseconds(100),
    '30000',
    'Milliseconds within which the request of a call must be whole and its answer taken by the client. Streams go on for as long as they like.',
  ),
  MAX_CONNECTIONS: setting(
    integer(0, 1_000_000),
    '50000',
    'How many gRPC connections there may be at a time, on each node, and as many of HTTP beside them. 0: any number.',
  ),
  MAX_CONNECTIONS_PER_ADDRESS: setting(
    integer(0, 1_000_000),
    '0',
    'How many of them may come from one IPv4 address, or from one /64 of IPv6. 0: any number, as behind a proxy all have its address.',
  ),
  MAX_STREAMS_PER_CONNECTION: setting(
    integer(1, 1_000_000),
    '1000',
    'How many calls and streams one gRPC connection may have open at a time. One more waits in the client, without an error, until another has ended.',
  ),
  MAX_METADATA_BYTES: setting(
    integer(1024, 65_536),
    '16384',
    'How many bytes the metadata of a call may have, its token included: names and values, and 32 more for each.',
  ),

  HTTP_HOST: setting(
    host,
    '0.0.0.0',
    'Host name or IP address that health, metrics and the API for browsers are served on over HTTP.',
  ),
  HTTP_PORT: setting(integer(0, 65_535), '3000', 'Port of HTTP. 0 takes a free one.'),
  HTTP_API: setting(
    boolean,
    'true',
    'Whether browsers may call the API over HTTP, with Connect and gRPC-Web: true or false.',
  ),
  HTTP_DASHBOARD: optional(
    boolean,
    'Whether the dashboard is served at / of the HTTP port: true or false. It needs HTTP_API, and whoever uses it a token of presence:admin. When not set: true where there is HTTP_API, unless in production.',
  ),
  HTTP_CORS_ORIGINS: optional(
    origins,
    'Origins of pages that may call the API over HTTP beside those of its own, such as https://chat.example.com, with commas between them; * for all.',
  ),

  AUTH_JWT_SECRET: optional(
    secret(32),
    'Key of tokens signed with HS256: at least 32 bytes, taken as they are written. Set one of this and the next two; with none of them the server makes a random key, except in production.',
  ),
  AUTH_JWKS_URL: optional(
    httpUrl,
    'URL of the key set of an identity provider, http or https (RS256, PS256, ES256, ES384, EdDSA).',
  ),
  AUTH_JWT_PUBLIC_KEY_FILE: optional(
    text,
    'Path of a PEM file with the public key or the certificate that tokens are checked with (same algorithms).',
  ),
  AUTH_JWT_ISSUER: optional(
    text,
    'What the claim `iss` of every token must be. Not checked when not set.',
  ),
  AUTH_JWT_AUDIENCE: optional(
    text,
    'What the claim `aud` of every token must be or hold. Not checked when not set.',
  ),

  IDLE_TIMEOUT_MS: setting(
    milliseconds(100),
    '300000',
    'Milliseconds without activity after which a user is IDLE.',
  ),
  IDLE_CHECK_INTERVAL_MS: setting(
    milliseconds(100),
    '1000',
    'Milliseconds between two looks for what is due, which is how late a timeout may be noticed.',
  ),
  HEARTBEAT_TIMEOUT_MS: setting(
    milliseconds(100),
    // Together with IDLE_CHECK_INTERVAL_MS, a lost browser is noticed within ten seconds, as gRPC promises.
    '8000',
    'Milliseconds of silence after which a session ends that was begun over HTTP or with `require_heartbeats`.',
  ),
  RECONNECT_GRACE_MS: setting(
    milliseconds(0),
    '0',
    'Milliseconds that a lost connection keeps its user shown. A clean end never waits.',
  ),
  MAX_SESSIONS_PER_USER: setting(
    integer(1, 1_000),
    '20',
    'How many sessions one user may have at a time.',
  ),
  MAX_OFFLINE_USERS: setting(
    integer(0, 10_000_000),
    '100000',
    'How many users who are OFFLINE are remembered (mute state, chosen status, last activity); the longest gone are forgotten first. Of those who chose to be invisible as many more.',
  ),

  STREAM_HEARTBEAT_INTERVAL_MS: setting(
    milliseconds(100),
    '15000',
    'Milliseconds between two messages to the client on a stream that is otherwise quiet.',
  ),
  EVENT_LOG_SIZE: setting(
    integer(1, 10_000_000),
    '100000',
    'How many events are kept for subscribers that resume.',
  ),
  EVENT_LOG_MAX_AGE_MS: setting(
    milliseconds(100),
    '300000',
    'Milliseconds for which an event is kept at most.',
  ),
  MAX_SUBSCRIPTIONS_PER_USER: setting(
    integer(1, 100_000),
    '20',
    'How many subscriptions one user may have at a time, on each node.',
  ),

  MAX_COMMANDS_PER_SECOND: setting(
    perSecond,
    '50',
    'How many commands a second may name the same session, and twice that in a burst. Heartbeats count apart. 0: no limit.',
  ),
  MAX_CALLS_PER_SECOND_PER_USER: setting(
    perSecond,
    '200',
    'How many calls a second a user may make over all sessions and without one, and twice that in a burst. Connect and Subscribe count as 10, each full 16 KiB of a request as one more, and heartbeats apart. A request that counts as more than a burst is refused. 0: no limit.',
  ),
  MAX_PRESENCES_PER_SECOND_PER_USER: setting(
    perSecond,
    '10000',
    'How many presences a second a user may read in pages, batches and snapshots, and twice that in a burst. 0: no limit.',
  ),
  MAX_REFUSED_CALLS_PER_SECOND_PER_USER: setting(
    perSecond,
    '50',
    'How many refused calls a second of a user are answered at once. Four times as many more are answered some seconds late, and beyond that the connection is closed. 0: all are answered at once.',
  ),
  MAX_NEW_SESSIONS_PER_SECOND: setting(
    perSecond,
    '2000',
    'How many sessions may begin in a second, and twice that in a burst. 0: no limit.',
  ),
  MAX_SESSIONS: setting(
    integer(0, 10_000_000),
    '50000',
    'How many sessions there may be at a time. 0: no limit.',
  ),
  MAX_HEAP_PERCENT: setting(
    integer(0, 100),
    '75',
    'How much of its heap the process may have in use, in percent, before it lets in no more sessions and subscriptions. V8 may end the process from 80 on. 0: no limit.',
  ),
  MAX_REQUEST_BYTES: setting(
    integer(16_384, 67_108_864),
    '6291456',
    'How large the request of a subscription may be. The default has room for the 10,000 users and 1,000 channels that it may name, in any script. Requests of other methods have smaller limits of their own.',
  ),

  REDIS_URL: optional(
    redisUrl,
    'Where several nodes keep presence together: redis://[user:password@]host[:port], several of them with commas for a cluster, or redis-sentinel://[user:password@]host[:port][,host...]#master; rediss for TLS. Not set: in memory, one node.',
  ),
  REDIS_KEY_PREFIX: setting(
    keyPrefix,
    'presence:',
    'What the name of every key in Redis begins with, by which services share a server.',
  ),

  DRAIN_TIMEOUT_MS: setting(
    milliseconds(0),
    '10000',
    'Milliseconds that calls are given to end after SIGTERM.',
  ),
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof settings;

/** The values of all settings, each as its type reads it. */
export type Values = {
  readonly [Name in SettingName]: (typeof settings)[Name] extends Setting<infer T> ? T : never;
};

function setting<T>(kind: SettingType<T>, fallback: string, meaning: string): Setting<T> {
  return { kind, default: fallback, description: meaning };
}

function optional<T>(kind: SettingType<T>, meaning: string): Setting<T | undefined> {
  return { kind, default: '', description: meaning };
}
