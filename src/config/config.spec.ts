import { describe, expect, it } from 'vitest';
import { type Config, readConfig } from './config.js';
import { ConfigError } from './config-error.js';

const SECRET = 'correct horse battery staple, at length';

function mistakesOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).mistakes;
  }
  return [];
}

describe('readConfig', () => {
  it('needs nothing to be set', () => {
    expect(readConfig({})).toEqual<Config>({
      production: false,
      logging: { level: 'info', format: 'text' },
      grpc: {
        url: '0.0.0.0:50051',
        reflection: true,
        keepaliveTimeMs: 5_000,
        keepaliveTimeoutMs: 5_000,
        connectionIdleTimeoutMs: 300_000,
        maxStreamsPerConnection: 1_000,
        maxRequestBytes: 6_291_456,
      },
      connections: {
        max: 50_000,
        maxPerAddress: 0,
        maxMetadataBytes: 16_384,
        handshakeTimeoutMs: 10_000,
        callTimeoutMs: 30_000,
      },
      http: { host: '0.0.0.0', port: 3_000, api: true, dashboard: true, corsOrigins: [] },
      auth: {},
      policy: {
        idleTimeoutMs: 300_000,
        heartbeatTimeoutMs: 8_000,
        reconnectGraceMs: 0,
        maxSessionsPerUser: 20,
      },
      idleCheckIntervalMs: 1_000,
      streamHeartbeatIntervalMs: 15_000,
      log: { size: 100_000, maxAgeMs: 300_000 },
      redis: { keyPrefix: 'presence:' },
      limits: {
        commandsPerSecond: 50,
        callsPerSecondPerUser: 200,
        presencesPerSecondPerUser: 10_000,
        refusedCallsPerSecond: 50,
        newSessionsPerSecond: 2_000,
        sessions: 50_000,
        heapPercent: 75,
      },
      maxSubscriptionsPerUser: 20,
      maxOfflineUsers: 100_000,
      drainTimeoutMs: 10_000,
      warnings: [],
    });
  });

  it('puts every setting where it belongs', () => {
    const config = readConfig({
      NODE_ENV: 'production',
      LOG_LEVEL: 'debug',
      GRPC_URL: 'unix:/run/presence.sock',
      GRPC_REFLECTION: 'true',
      GRPC_TLS_CERT_FILE: '/tls/tls.crt',
      GRPC_TLS_KEY_FILE: '/tls/tls.key',
      GRPC_TLS_CLIENT_CA_FILE: '/tls/ca.crt',
      KEEPALIVE_TIME_MS: '101',
      KEEPALIVE_TIMEOUT_MS: '102',
      CONNECTION_HANDSHAKE_TIMEOUT_MS: '109',
      CONNECTION_IDLE_TIMEOUT_MS: '110',
      CALL_TIMEOUT_MS: '111',
      MAX_CONNECTIONS: '6',
      MAX_CONNECTIONS_PER_ADDRESS: '7',
      MAX_STREAMS_PER_CONNECTION: '5',
      MAX_METADATA_BYTES: '1024',
      HTTP_HOST: 'localhost',
      HTTP_PORT: '0',
      HTTP_DASHBOARD: 'true',
      HTTP_CORS_ORIGINS: 'https://chat.example',
      AUTH_JWT_SECRET: SECRET,
      AUTH_JWT_ISSUER: 'https://id.example/',
      AUTH_JWT_AUDIENCE: 'presence',
      IDLE_TIMEOUT_MS: '103',
      IDLE_CHECK_INTERVAL_MS: '100',
      HEARTBEAT_TIMEOUT_MS: '104',
      RECONNECT_GRACE_MS: '105',
      MAX_SESSIONS_PER_USER: '1',
      MAX_OFFLINE_USERS: '2',
      STREAM_HEARTBEAT_INTERVAL_MS: '106',
      EVENT_LOG_SIZE: '3',
      EVENT_LOG_MAX_AGE_MS: '107',
      MAX_SUBSCRIPTIONS_PER_USER: '4',
      MAX_COMMANDS_PER_SECOND: '5',
      MAX_CALLS_PER_SECOND_PER_USER: '6',
      MAX_PRESENCES_PER_SECOND_PER_USER: '7',
      MAX_REFUSED_CALLS_PER_SECOND_PER_USER: '8',
      MAX_NEW_SESSIONS_PER_SECOND: '9',
      MAX_SESSIONS: '0',
      MAX_HEAP_PERCENT: '11',
      MAX_REQUEST_BYTES: '16384',
      REDIS_URL: 'redis://redis',
      REDIS_KEY_PREFIX: 'chat:',
      DRAIN_TIMEOUT_MS: '108',
    });

    expect(config).toEqual<Config>({
      production: true,
      logging: { level: 'debug', format: 'json' },
      grpc: {
        url: 'unix:/run/presence.sock',
        reflection: true,
        tls: {
          certFile: '/tls/tls.crt',
          keyFile: '/tls/tls.key',
          clientCaFile: '/tls/ca.crt',
        },
        keepaliveTimeMs: 101,
        keepaliveTimeoutMs: 102,
        connectionIdleTimeoutMs: 110,
        maxStreamsPerConnection: 5,
        maxRequestBytes: 16_384,
      },
      connections: {
        max: 6,
        maxPerAddress: 7,
        maxMetadataBytes: 1_024,
        handshakeTimeoutMs: 109,
        callTimeoutMs: 111,
      },
      http: {
        host: 'localhost',
        port: 0,
        api: true,
        dashboard: true,
        corsOrigins: ['https://chat.example'],
      },
      auth: { secret: SECRET, issuer: 'https://id.example/', audience: 'presence' },
      policy: {
        idleTimeoutMs: 103,
        heartbeatTimeoutMs: 104,
        reconnectGraceMs: 105,
        maxSessionsPerUser: 1,
      },
      idleCheckIntervalMs: 100,
      streamHeartbeatIntervalMs: 106,
      log: { size: 3, maxAgeMs: 107 },
      redis: {
        address: {
          topology: 'standalone',
          hosts: [{ host: 'redis', port: 6379 }],
          isTls: false,
        },
        keyPrefix: 'chat:',
      },
      limits: {
        commandsPerSecond: 5,
        callsPerSecondPerUser: 6,
        presencesPerSecondPerUser: 7,
        refusedCallsPerSecond: 8,
        newSessionsPerSecond: 9,
        sessions: 0,
        heapPercent: 11,
      },
      maxSubscriptionsPerUser: 4,
      maxOfflineUsers: 2,
      drainTimeoutMs: 108,
      warnings: [],
    });
  });

  it('takes an empty text for not set', () => {
    const env = { HTTP_PORT: '', AUTH_JWT_SECRET: '', AUTH_JWKS_URL: '', GRPC_REFLECTION: '' };
    expect(readConfig(env)).toEqual(readConfig({}));
  });

  it('has reflection on, except in production, unless told otherwise', () => {
    const production = { NODE_ENV: 'production', AUTH_JWT_SECRET: SECRET };
    expect(readConfig({}).grpc.reflection).toBe(true);
    expect(readConfig({ GRPC_REFLECTION: 'false' }).grpc.reflection).toBe(false);
    expect(readConfig(production).grpc.reflection).toBe(false);
    expect(readConfig({ ...production, GRPC_REFLECTION: 'true' }).grpc.reflection).toBe(true);
  });

  it('has the dashboard where browsers may call, except in production, unless told otherwise', () => {
    const production = { NODE_ENV: 'production', AUTH_JWT_SECRET: SECRET };
    expect(readConfig({}).http.dashboard).toBe(true);
    expect(readConfig({ HTTP_DASHBOARD: 'false' }).http.dashboard).toBe(false);
    expect(readConfig({ HTTP_API: 'false' }).http.dashboard).toBe(false);
    expect(readConfig(production).http.dashboard).toBe(false);
    expect(readConfig({ ...production, HTTP_DASHBOARD: 'true' }).http.dashboard).toBe(true);
  });

  it('names every mistake at once: the setting, what was given and what is allowed', () => {
    const env = { HTTP_PORT: '70000', GRPC_REFLECTION: 'yes', LOG_LEVEL: 'loud' };
    expect(mistakesOf(env)).toEqual([
      'LOG_LEVEL is "loud", but must be one of fatal, error, warn, info, debug, verbose.',
      'GRPC_REFLECTION is "yes", but must be true or false.',
      'HTTP_PORT is "70000", but must be a whole number from 0 to 65535.',
    ]);
    expect(() => readConfig(env)).toThrow(/^These settings cannot be used:\n {2}LOG_LEVEL .*\n/);
  });

  it('names unknown settings with the other mistakes, or warns of them', () => {
    const env = { HTTP_PORT: '70000', AUTH_ISSUER: 'https://id.example/', GRPC_TLS_CERT: 'a.pem' };
    expect(mistakesOf(env)).toEqual([
      'HTTP_PORT is "70000", but must be a whole number from 0 to 65535.',
      'Unknown setting AUTH_ISSUER. Did you mean AUTH_JWT_ISSUER?',
      'Unknown setting GRPC_TLS_CERT. Did you mean GRPC_TLS_CERT_FILE?',
    ]);
    expect(readConfig({ RECONNECT_GRACE: '15000' }).warnings).toEqual([
      'Unknown setting RECONNECT_GRACE. Did you mean RECONNECT_GRACE_MS?',
    ]);
  });

  it('shows neither a secret nor a password in a URL', () => {
    const secret = mistakesOf({ AUTH_JWT_SECRET: 'hunter2' });
    const url = mistakesOf({ AUTH_JWKS_URL: 'https://me:hunter2@id.example' });
    expect(secret).toEqual([
      'AUTH_JWT_SECRET is set to something that is not shown here, but must be at least 32 bytes long.',
    ]);
    expect(url.join()).not.toContain('hunter2');
    expect(url).toHaveLength(1);
  });

  it('keeps each mistake on one line, and short', () => {
    const [mistake = ''] = mistakesOf({ LOG_LEVEL: `in\nfo${'o'.repeat(10_000)}` });
    expect(mistake).toContain('"in\\nfooo');
    expect(mistake).not.toContain('\n');
    expect(mistake.length).toBeLessThan(200);
  });
});

describe('relations of settings', () => {
  it('allow one kind of key', () => {
    const keys = { AUTH_JWT_SECRET: SECRET, AUTH_JWKS_URL: 'https://id.example/jwks' };
    expect(mistakesOf(keys)).toEqual(['Only one of AUTH_JWT_SECRET and AUTH_JWKS_URL may be set.']);
    expect(mistakesOf({ ...keys, AUTH_JWT_PUBLIC_KEY_FILE: 'key.pem' })).toHaveLength(1);
  });

  it('ask for a key in production', () => {
    expect(mistakesOf({ NODE_ENV: 'production' })).toEqual([
      'With NODE_ENV=production one of AUTH_JWT_SECRET, AUTH_JWKS_URL, AUTH_JWT_PUBLIC_KEY_FILE must be set.',
    ]);
    expect(mistakesOf({ NODE_ENV: 'production', AUTH_JWT_PUBLIC_KEY_FILE: 'key.pem' })).toEqual([]);
  });

  it('ask in production for keys that nobody on the way can change', () => {
    const production = { NODE_ENV: 'production' };
    for (const host of ['id.example', '10.0.0.7', '127.0.0.1.example', '[::2]']) {
      expect(mistakesOf({ ...production, AUTH_JWKS_URL: `http://${host}/jwks` })).toEqual([
        'With NODE_ENV=production AUTH_JWKS_URL must be https, except on this machine.',
      ]);
      expect(mistakesOf({ AUTH_JWKS_URL: `http://${host}/jwks` })).toEqual([]);
      expect(mistakesOf({ ...production, AUTH_JWKS_URL: `https://${host}/jwks` })).toEqual([]);
    }
    for (const host of ['localhost:8080', '127.0.0.1', '127.1', '[::1]:8080']) {
      expect(mistakesOf({ ...production, AUTH_JWKS_URL: `http://${host}/jwks` })).toEqual([]);
    }
  });

  it('ask for a certificate and its key together, before anything is asked of clients', () => {
    const [cert, key, ca] = [
      { GRPC_TLS_CERT_FILE: 'tls.crt' },
      { GRPC_TLS_KEY_FILE: 'tls.key' },
      { GRPC_TLS_CLIENT_CA_FILE: 'ca.crt' },
    ];
    expect(mistakesOf(cert)).toEqual([
      'GRPC_TLS_CERT_FILE cannot be used without GRPC_TLS_KEY_FILE.',
    ]);
    expect(mistakesOf({ ...key, ...ca })).toEqual([
      'GRPC_TLS_KEY_FILE and GRPC_TLS_CLIENT_CA_FILE cannot be used without GRPC_TLS_CERT_FILE.',
    ]);
    expect(mistakesOf(ca)).toEqual([
      'GRPC_TLS_CLIENT_CA_FILE cannot be used without GRPC_TLS_CERT_FILE and GRPC_TLS_KEY_FILE.',
    ]);
    expect(mistakesOf({ ...cert, ...key })).toEqual([]);
    expect(mistakesOf({ ...cert, ...key, ...ca })).toEqual([]);
    expect(mistakesOf({ ...cert, ...key, GRPC_URL: 'unix:/run/presence.sock' })).toEqual([]);
  });

  it('are not judged by a value that is mistaken in itself', () => {
    expect(mistakesOf({ NODE_ENV: 'production', AUTH_JWT_SECRET: 'short' })).toHaveLength(1);
    expect(mistakesOf({ IDLE_TIMEOUT_MS: '1s' })).toHaveLength(1);
  });

  it('keep gRPC and HTTP off the same port', () => {
    const both = ['GRPC_URL and HTTP_PORT both ask for port 3000.'];
    expect(mistakesOf({ GRPC_URL: '0.0.0.0:3000' })).toEqual(both);
    expect(mistakesOf({ GRPC_URL: '[::]:3000', HTTP_HOST: '127.0.0.1' })).toEqual(both);
    expect(mistakesOf({ GRPC_URL: '127.0.0.1:3000' })).toEqual(both);
    expect(mistakesOf({ GRPC_URL: 'a.internal:3000', HTTP_HOST: 'b.internal' })).toEqual([]);
    expect(mistakesOf({ GRPC_URL: '127.0.0.1:0', HTTP_PORT: '0' })).toEqual([]);
    expect(mistakesOf({ GRPC_URL: 'unix:/run/presence.sock' })).toEqual([]);
  });

  it('have no dashboard where browsers may not call', () => {
    expect(mistakesOf({ HTTP_API: 'false', HTTP_DASHBOARD: 'true' })).toEqual([
      'HTTP_DASHBOARD=true needs HTTP_API: the dashboard calls the service as any page does.',
    ]);
    expect(mistakesOf({ HTTP_API: 'false', HTTP_DASHBOARD: 'false' })).toEqual([]);
  });

  it('look for timeouts at least as often as they may come', () => {
    expect(mistakesOf({ IDLE_TIMEOUT_MS: '999', HEARTBEAT_TIMEOUT_MS: '500' })).toEqual([
      'IDLE_CHECK_INTERVAL_MS (1000) must not be larger than IDLE_TIMEOUT_MS (999).',
      'IDLE_CHECK_INTERVAL_MS (1000) must not be larger than HEARTBEAT_TIMEOUT_MS (500).',
    ]);
  });

  it('keep events for as long as a quiet subscriber waits for a new resume token', () => {
    expect(mistakesOf({ EVENT_LOG_MAX_AGE_MS: '14999' })).toEqual([
      'STREAM_HEARTBEAT_INTERVAL_MS (15000) must not be larger than EVENT_LOG_MAX_AGE_MS (14999).',
    ]);
  });
});
