import { hostAndPort } from './setting-types.js';
import type { SettingName, Values } from './settings.js';

/** A condition between settings that are valid one by one. */
export interface Relation {
  /** The condition is checked only if each of these settings is valid. */
  readonly between: readonly SettingName[];
  /** Returns a sentence about the violation, or undefined. */
  readonly complaint: (values: Values) => string | undefined;
}

const KEYS = ['AUTH_JWT_SECRET', 'AUTH_JWKS_URL', 'AUTH_JWT_PUBLIC_KEY_FILE'] as const;

const CERTIFICATE = ['GRPC_TLS_CERT_FILE', 'GRPC_TLS_KEY_FILE'] as const;
const TLS = [...CERTIFICATE, 'GRPC_TLS_CLIENT_CA_FILE'] as const;

export const relations: readonly Relation[] = [
  {
    between: KEYS,
    complaint(values) {
      const set = KEYS.filter((name) => values[name] !== undefined);
      if (set.length > 1) return `Only one of ${set.join(' and ')} may be set.`;
      return undefined;
    },
  },
  {
    between: ['NODE_ENV', ...KEYS],
    complaint(values) {
      if (!values.NODE_ENV || KEYS.some((name) => values[name] !== undefined)) return undefined;
      return `With NODE_ENV=production one of ${KEYS.join(', ')} must be set.`;
    },
  },
  {
    between: ['NODE_ENV', 'AUTH_JWKS_URL'],
    complaint(values) {
      if (!values.NODE_ENV || values.AUTH_JWKS_URL === undefined) return undefined;
      const { protocol, hostname } = new URL(values.AUTH_JWKS_URL);
      if (protocol === 'https:' || isThisMachine(hostname)) return undefined;
      // An attacker on the network path could replace a key and then sign tokens for any user.
      return 'With NODE_ENV=production AUTH_JWKS_URL must be https, except on this machine.';
    },
  },
  {
    between: ['GRPC_URL', 'HTTP_HOST', 'HTTP_PORT'],
    complaint(values) {
      const grpc = hostAndPort(values.GRPC_URL);
      if (!grpc || grpc.port === 0 || grpc.port !== values.HTTP_PORT) return undefined;
      const sameHost = grpc.host === values.HTTP_HOST;
      if (!sameHost && !isWildcard(grpc.host) && !isWildcard(values.HTTP_HOST)) return undefined;
      return `GRPC_URL and HTTP_PORT both ask for port ${grpc.port}.`;
    },
  },
  {
    between: ['HTTP_API', 'HTTP_DASHBOARD'],
    complaint(values) {
      if (values.HTTP_API || values.HTTP_DASHBOARD !== true) return undefined;
      return 'HTTP_DASHBOARD=true needs HTTP_API: the dashboard calls the service as any page does.';
    },
  },
  {
    between: TLS,
    complaint(values) {
      const set = TLS.filter((name) => values[name] !== undefined);
      const missing = CERTIFICATE.filter((name) => values[name] === undefined);
      if (set.length === 0 || missing.length === 0) return undefined;
      return `${set.join(' and ')} cannot be used without ${missing.join(' and ')}.`;
    },
  },
  // One sweep finds both kinds of timeout. A sweep interval above a timeout would make the timeout useless.
  atMost('IDLE_CHECK_INTERVAL_MS', 'IDLE_TIMEOUT_MS'),
  atMost('IDLE_CHECK_INTERVAL_MS', 'HEARTBEAT_TIMEOUT_MS'),
  // A quiet subscriber has the resume token of the last heartbeat, and that token must still be valid.
  atMost('STREAM_HEARTBEAT_INTERVAL_MS', 'EVENT_LOG_MAX_AGE_MS'),
];

type NumberName = { [N in SettingName]: Values[N] extends number ? N : never }[SettingName];

function atMost(smaller: NumberName, larger: NumberName): Relation {
  return {
    between: [smaller, larger],
    complaint(values) {
      if (values[smaller] <= values[larger]) return undefined;
      return `${smaller} (${values[smaller]}) must not be larger than ${larger} (${values[larger]}).`;
    },
  };
}

/** Expects a host as `URL` normalizes it: every IPv4 address as four numbers, IPv6 in brackets. */
function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
