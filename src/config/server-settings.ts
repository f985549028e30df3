import { logLevelNames } from './log-level.js';
import { optional, setting, type SettingsTable } from './setting.js';
import {
  boolean,
  environmentName,
  grpcAddress,
  host,
  integer,
  milliseconds,
  onOff,
  oneOf,
  origins,
  text,
} from './setting-types.js';

/** The settings of the process and of its servers. See `settings.ts`. */
export const serverSettings = {
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
    metricsPort: optional('METRICS_PORT', integer(0, 65_535), {
      scope: 'per node',
      description:
        'Port on HTTP_HOST that serves only /metrics. 0 selects a free port. Not set: the HTTP port serves /metrics. If it is set, the HTTP port does not.',
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
} satisfies SettingsTable;
