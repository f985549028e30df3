import type { Policy } from '../domain/policy.js';
import type { LogFormatName, LogLevelName } from './log-level.js';
import { readValues } from './read-values.js';
import type { RedisAddress } from './redis-url.js';
import type { Values } from './settings.js';
import { unknownSettings } from './unknown-settings.js';

/**
 * The configuration from the environment, grouped by the modules that need it, and the injection token for it.
 * `settings.ts` explains each setting.
 */
export abstract class Config {
  abstract readonly production: boolean;
  abstract readonly logging: { readonly level: LogLevelName; readonly format: LogFormatName };
  abstract readonly grpc: {
    readonly url: string;
    readonly reflection: boolean;
    /** Undefined: plaintext. */
    readonly tls?: TlsFiles | undefined;
    readonly keepaliveTimeMs: number;
    readonly keepaliveTimeoutMs: number;
    readonly connectionIdleTimeoutMs: number;
    readonly maxStreamsPerConnection: number;
    readonly maxRequestBytes: number;
  };
  /** Limits of gRPC connections and calls. Zero connections: no limit. */
  abstract readonly connections: {
    readonly max: number;
    readonly maxPerAddress: number;
    readonly maxMetadataBytes: number;
    readonly handshakeTimeoutMs: number;
    readonly callTimeoutMs: number;
  };
  abstract readonly http: {
    readonly host: string;
    readonly port: number;
    readonly api: boolean;
    /** Only together with `api`. */
    readonly dashboard: boolean;
    /** The origins of other pages that may call the API. `*`: all origins. */
    readonly corsOrigins: readonly string[];
  };
  abstract readonly auth: {
    /** At most one of these three is set. None: a development key, which production rejects. */
    readonly secret?: string | undefined;
    readonly jwksUrl?: string | undefined;
    readonly publicKeyFile?: string | undefined;
    readonly issuer?: string | undefined;
    readonly audience?: string | undefined;
  };
  abstract readonly policy: Policy;
  abstract readonly idleCheckIntervalMs: number;
  abstract readonly streamHeartbeatIntervalMs: number;
  abstract readonly log: { readonly size: number; readonly maxAgeMs: number };
  abstract readonly redis: {
    readonly address?: RedisAddress | undefined;
    readonly keyPrefix: string;
  };
  /** The limits of one node. Zero: no limit. */
  abstract readonly limits: {
    readonly commandsPerSecond: number;
    readonly callsPerSecondPerUser: number;
    readonly presencesPerSecondPerUser: number;
    readonly refusedCallsPerSecond: number;
    readonly newSessionsPerSecond: number;
    readonly sessions: number;
    readonly heapPercent: number;
  };
  abstract readonly maxSubscriptionsPerUser: number;
  abstract readonly maxOfflineUsers: number;
  abstract readonly drainTimeoutMs: number;
  /** Sentences to log at the start, about variables that look like settings but are none. */
  abstract readonly warnings: readonly string[];
}

/** The paths of the certificate files for gRPC. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** The CA that issues the certificates of clients. Undefined: clients need no certificate. */
  readonly clientCaFile?: string | undefined;
}

/**
 * Reads the settings from the environment; no other code does. Throws a `ConfigError` that names all mistakes at once.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const values = readValues(env);
  return {
    production: values.NODE_ENV,
    logging: {
      level: values.LOG_LEVEL,
      format: values.LOG_FORMAT ?? (values.NODE_ENV ? 'json' : 'text'),
    },
    grpc: {
      url: values.GRPC_URL,
      reflection: values.GRPC_REFLECTION ?? !values.NODE_ENV,
      tls: tlsFiles(values),
      keepaliveTimeMs: values.KEEPALIVE_TIME_MS,
      keepaliveTimeoutMs: values.KEEPALIVE_TIMEOUT_MS,
      connectionIdleTimeoutMs: values.CONNECTION_IDLE_TIMEOUT_MS,
      maxStreamsPerConnection: values.MAX_STREAMS_PER_CONNECTION,
      maxRequestBytes: values.MAX_REQUEST_BYTES,
    },
    connections: {
      max: values.MAX_CONNECTIONS,
      maxPerAddress: values.MAX_CONNECTIONS_PER_ADDRESS,
      maxMetadataBytes: values.MAX_METADATA_BYTES,
      handshakeTimeoutMs: values.CONNECTION_HANDSHAKE_TIMEOUT_MS,
      callTimeoutMs: values.CALL_TIMEOUT_MS,
    },
    http: {
      host: values.HTTP_HOST,
      port: values.HTTP_PORT,
      api: values.HTTP_API,
      dashboard: values.HTTP_DASHBOARD ?? (values.HTTP_API && !values.NODE_ENV),
      corsOrigins: values.HTTP_CORS_ORIGINS ?? [],
    },
    auth: {
      secret: values.AUTH_JWT_SECRET,
      jwksUrl: values.AUTH_JWKS_URL,
      publicKeyFile: values.AUTH_JWT_PUBLIC_KEY_FILE,
      issuer: values.AUTH_JWT_ISSUER,
      audience: values.AUTH_JWT_AUDIENCE,
    },
    policy: {
      idleTimeoutMs: values.IDLE_TIMEOUT_MS,
      heartbeatTimeoutMs: values.HEARTBEAT_TIMEOUT_MS,
      reconnectGraceMs: values.RECONNECT_GRACE_MS,
      maxSessionsPerUser: values.MAX_SESSIONS_PER_USER,
    },
    idleCheckIntervalMs: values.IDLE_CHECK_INTERVAL_MS,
    streamHeartbeatIntervalMs: values.STREAM_HEARTBEAT_INTERVAL_MS,
    log: { size: values.EVENT_LOG_SIZE, maxAgeMs: values.EVENT_LOG_MAX_AGE_MS },
    redis: { address: values.REDIS_URL, keyPrefix: values.REDIS_KEY_PREFIX },
    limits: {
      commandsPerSecond: values.MAX_COMMANDS_PER_SECOND,
      callsPerSecondPerUser: values.MAX_CALLS_PER_SECOND_PER_USER,
      presencesPerSecondPerUser: values.MAX_PRESENCES_PER_SECOND_PER_USER,
      refusedCallsPerSecond: values.MAX_REFUSED_CALLS_PER_SECOND_PER_USER,
      newSessionsPerSecond: values.MAX_NEW_SESSIONS_PER_SECOND,
      sessions: values.MAX_SESSIONS,
      heapPercent: values.MAX_HEAP_PERCENT,
    },
    maxSubscriptionsPerUser: values.MAX_SUBSCRIPTIONS_PER_USER,
    maxOfflineUsers: values.MAX_OFFLINE_USERS,
    drainTimeoutMs: values.DRAIN_TIMEOUT_MS,
    warnings: unknownSettings(env).warnings,
  };
}

function tlsFiles({
  GRPC_TLS_CERT_FILE: certFile,
  GRPC_TLS_KEY_FILE: keyFile,
  GRPC_TLS_CLIENT_CA_FILE: clientCaFile,
}: Values): TlsFiles | undefined {
  // `readValues` rejects one without the other.
  if (certFile === undefined || keyFile === undefined) return undefined;
  return { certFile, keyFile, clientCaFile };
}
