import { hostAndPort } from './setting-types.js';
import type { SettingName, SettingValues } from './settings.js';

/** A condition between settings that are valid one by one. */
export interface CrossCheck {
  /** The condition is checked only if each of these settings is valid. */
  readonly settings: readonly SettingName[];
  /** Returns a sentence about the violation, or undefined. */
  readonly error: (values: SettingValues) => string | undefined;
}

const KEYS = [
  'AUTH_JWT_SECRET',
  'AUTH_JWT_SECRET_FILE',
  'AUTH_JWKS_URL',
  'AUTH_JWT_PUBLIC_KEY_FILE',
] as const;

const CERTIFICATE = ['GRPC_TLS_CERT_FILE', 'GRPC_TLS_KEY_FILE'] as const;
const TLS = [...CERTIFICATE, 'GRPC_TLS_CLIENT_CA_FILE'] as const;

export const crossChecks: readonly CrossCheck[] = [
  {
    settings: KEYS,
    error({ auth }) {
      const set = keysIn(auth);
      return set.length > 1 ? `Only one of ${set.join(' and ')} may be set.` : undefined;
    },
  },
  {
    settings: ['NODE_ENV', ...KEYS],
    error({ process, auth }) {
      if (!process.isProduction || keysIn(auth).length > 0) return undefined;
      return `NODE_ENV=production requires one of ${KEYS.join(', ')}.`;
    },
  },
  {
    settings: ['NODE_ENV', 'AUTH_JWKS_URL'],
    error({ process, auth }) {
      if (!process.isProduction || auth.jwksUrl === undefined) return undefined;
      if (isPrivate(auth.jwksUrl)) return undefined;
      // An attacker on the network path could replace a key and then sign tokens for any user.
      return 'NODE_ENV=production requires an https URL in AUTH_JWKS_URL, except for this machine.';
    },
  },
  {
    settings: ['GRPC_URL', 'HTTP_HOST', 'HTTP_PORT'],
    error: ({ grpc, http }) => sharedPort(grpc.url, http.host, 'HTTP_PORT', http.port),
  },
  {
    settings: ['GRPC_URL', 'HTTP_HOST', 'METRICS_PORT'],
    error: ({ grpc, http }) => sharedPort(grpc.url, http.host, 'METRICS_PORT', http.metricsPort),
  },
  {
    settings: ['HTTP_PORT', 'METRICS_PORT'],
    error({ http: { port, metricsPort } }) {
      if (port === 0 || port !== metricsPort) return undefined;
      return `HTTP_PORT and METRICS_PORT use the same port ${port}.`;
    },
  },
  {
    settings: TLS,
    error({ tls }) {
      const files = [tls.certFile, tls.keyFile, tls.clientCaFile];
      const set = TLS.filter((_, i) => files[i] !== undefined);
      const missing = CERTIFICATE.filter((_, i) => files[i] === undefined);
      if (set.length === 0 || missing.length === 0) return undefined;
      return `${set.join(' and ')} cannot be used without ${missing.join(' and ')}.`;
    },
  },
  {
    settings: ['REDIS_URL', 'REDIS_PASSWORD_FILE'],
    error({ redis: { address, passwordFile } }) {
      if (passwordFile === undefined) return undefined;
      if (address === undefined) return 'REDIS_PASSWORD_FILE cannot be used without REDIS_URL.';
      if (address.password === undefined) return undefined;
      return 'Only one of REDIS_PASSWORD_FILE and a password in REDIS_URL may be set.';
    },
  },
  {
    // A quiet subscriber has the resume token of the last heartbeat, and that token must still be valid.
    settings: ['STREAM_HEARTBEAT_INTERVAL_MS', 'EVENT_LOG_MAX_AGE_MS'],
    error({ streams: { heartbeatIntervalMs, maxEventAgeMs } }) {
      if (heartbeatIntervalMs <= maxEventAgeMs) return undefined;
      return `STREAM_HEARTBEAT_INTERVAL_MS (${heartbeatIntervalMs}) must not be larger than EVENT_LOG_MAX_AGE_MS (${maxEventAgeMs}).`;
    },
  },
  {
    settings: ['NODE_ENV', 'WEBHOOK_URL'],
    error({ process, webhook: { url } }) {
      if (!process.isProduction || url === undefined || isPrivate(url)) return undefined;
      // Others on the network path could read who is online.
      return 'NODE_ENV=production requires an https URL in WEBHOOK_URL, except for this machine.';
    },
  },
  {
    settings: ['WEBHOOK_URL', 'WEBHOOK_SECRET', 'WEBHOOK_SECRET_FILE'],
    error({ webhook: { url, secrets, secretFile } }) {
      const names = 'WEBHOOK_SECRET and WEBHOOK_SECRET_FILE';
      if (secrets !== undefined && secretFile !== undefined)
        return `Only one of ${names} may be set.`;
      const hasSecret = secrets !== undefined || secretFile !== undefined;
      if (url === undefined || hasSecret) return undefined;
      return `WEBHOOK_URL requires one of ${names}.`;
    },
  },
];

function keysIn(auth: SettingValues['auth']): readonly string[] {
  const values = [auth.secrets, auth.secretFile, auth.jwksUrl, auth.publicKeyFile];
  return KEYS.filter((_, i) => values[i] !== undefined);
}

/** Returns an error if a port on an HTTP host is also the port of the gRPC server. */
function sharedPort(
  grpcUrl: string,
  host: string,
  name: SettingName,
  port: number | undefined,
): string | undefined {
  const grpc = hostAndPort(grpcUrl);
  if (!grpc || grpc.port === 0 || grpc.port !== port) return undefined;
  if (grpc.host !== host && !isWildcard(grpc.host) && !isWildcard(host)) return undefined;
  return `GRPC_URL and ${name} use the same port ${port}.`;
}

/** Whether the traffic is protected from everyone on the network path. */
function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || isThisMachine(hostname);
}

/** Expects a host as `URL` normalizes it: every IPv4 address as four numbers, IPv6 in brackets. */
function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
