import { describe, expect, it } from 'vitest';
import { type Config, readConfig } from './config.js';
import { ConfigError } from './config-error.js';
import { FIXED_LIMITS } from './fixed-limits.js';
import { allSettings } from './settings.js';

const SECRET = 'correct-horse-battery-staple-at-length';

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
      process: { isProduction: false, logLevel: 'info', auditLog: true, drainTimeoutMs: 10_000 },
      grpc: {
        url: '0.0.0.0:50051',
        keepaliveTimeMs: 5_000,
        keepaliveTimeoutMs: 5_000,
        maxStreamsPerConnection: 1_000,
      },
      tls: { certFile: undefined, keyFile: undefined, clientCaFile: undefined },
      http: {
        host: '0.0.0.0',
        port: 3_000,
        metricsPort: undefined,
        api: true,
        corsOrigins: undefined,
      },
      auth: {
        secrets: undefined,
        secretFile: undefined,
        jwksUrl: undefined,
        publicKeyFile: undefined,
        issuer: undefined,
        audience: undefined,
        grantsClaim: 'presence',
        maxTokenLifetimeMs: undefined,
      },
      access: { visibility: 'everyone', channelAccess: 'any' },
      policy: {
        idleTimeoutMs: 300_000,
        heartbeatTimeoutMs: 8_000,
        reconnectGraceMs: 0,
        maxSessionsPerUser: 20,
      },
      streams: { heartbeatIntervalMs: 15_000, maxEventAgeMs: 300_000 },
      limits: {
        connections: 50_000,
        connectionsPerAddress: 0,
        sessions: 50_000,
        subscriptionsPerUser: 20,
        commandsPerSecond: 50,
        callsPerSecondPerUser: 200,
        presencesPerSecondPerUser: 10_000,
        heapPercent: 75,
        offlineUsers: 100_000,
      },
      redis: { address: undefined, passwordFile: undefined, keyPrefix: 'presence:' },
      webhook: {
        url: undefined,
        secrets: undefined,
        secretFile: undefined,
        events: undefined,
        source: 'presence-service',
      },
      fixed: FIXED_LIMITS,
      warnings: [],
    });
  });

  it('maps every setting to its field', () => {
    const numbers = allSettings.filter(({ type }) => typeof type.read('123') === 'number');
    const config = readConfig(
      Object.fromEntries(
        // Each number is another one. EVENT_LOG_MAX_AGE_MS must be above STREAM_HEARTBEAT_INTERVAL_MS.
        numbers.map(({ name }, i) => [name, `${name === 'MAX_HEAP_PERCENT' ? 7 : 100 + i}`]),
      ),
    );
    for (const [i, { slice, key, name }] of numbers.entries()) {
      const group = config[slice] as Readonly<Record<string, unknown>>;
      expect(group[key], name).toBe(name === 'MAX_HEAP_PERCENT' ? 7 : 100 + i);
    }
  });

  it('replaces fixed limits, of which no setting knows', () => {
    const { fixed } = readConfig({}, { callTimeoutMs: 7 });
    expect(fixed).toEqual({ ...FIXED_LIMITS, callTimeoutMs: 7 });
  });

  it('treats an empty value as not set', () => {
    const env = { HTTP_PORT: '', AUTH_JWT_SECRET: '', AUTH_JWKS_URL: '', HTTP_API: '' };
    expect(readConfig(env)).toEqual(readConfig({}));
  });

  it('reports all errors at once: setting, value and allowed values', () => {
    const env = { HTTP_PORT: '70000', HTTP_API: 'yes', LOG_LEVEL: 'loud' };
    expect(mistakesOf(env)).toEqual([
      'LOG_LEVEL is "loud", but must be one of fatal, error, warn, info, debug, verbose.',
      'HTTP_PORT is "70000", but must be an integer from 0 to 65535.',
      'HTTP_API is "yes", but must be true or false.',
    ]);
    expect(() => readConfig(env)).toThrow(/^These settings cannot be used:\n {2}LOG_LEVEL .*\n/);
  });

  it('returns a warning about each unknown or retired setting', () => {
    const env = {
      AUTH_ISSUER: 'https://id.example/',
      RECONNECT_GRACE: '15000',
      LOG_FORMAT: 'text',
    };
    expect(readConfig(env).warnings).toEqual([
      'Unknown setting AUTH_ISSUER. Did you mean AUTH_JWT_ISSUER?',
      'Unknown setting RECONNECT_GRACE. Did you mean RECONNECT_GRACE_MS?',
      'The setting LOG_FORMAT was removed and has no effect. The log is JSON if NODE_ENV is production, and otherwise text.',
    ]);
  });

  it('shows neither a secret nor a password in a URL', () => {
    const secret = mistakesOf({ AUTH_JWT_SECRET: 'hunter2' });
    const url = mistakesOf({ AUTH_JWKS_URL: 'https://me:hunter2@id.example' });
    expect(secret).toEqual([
      'AUTH_JWT_SECRET has a value that is not shown here, but must be 1 to 8 secrets, separated by spaces or line breaks, each at least 32 bytes long.',
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
    expect(mistakesOf({ AUTH_JWT_SECRET: SECRET, AUTH_JWT_SECRET_FILE: 'secret' })).toEqual([
      'Only one of AUTH_JWT_SECRET and AUTH_JWT_SECRET_FILE may be set.',
    ]);
  });

  it('allow one password for Redis', () => {
    const file = { REDIS_PASSWORD_FILE: 'password' };
    expect(mistakesOf(file)).toEqual(['REDIS_PASSWORD_FILE cannot be used without REDIS_URL.']);
    expect(mistakesOf({ ...file, REDIS_URL: 'redis://me:hunter2@redis' })).toEqual([
      'Only one of REDIS_PASSWORD_FILE and a password in REDIS_URL may be set.',
    ]);
    for (const url of ['redis://redis', 'redis://me@redis', 'redis-sentinel://me@redis#main']) {
      expect(mistakesOf({ ...file, REDIS_URL: url }), url).toEqual([]);
    }
  });

  it('ask for a key in production', () => {
    expect(mistakesOf({ NODE_ENV: 'production' })).toEqual([
      'NODE_ENV=production requires one of AUTH_JWT_SECRET, AUTH_JWT_SECRET_FILE, AUTH_JWKS_URL, AUTH_JWT_PUBLIC_KEY_FILE.',
    ]);
    expect(mistakesOf({ NODE_ENV: 'production', AUTH_JWT_PUBLIC_KEY_FILE: 'key.pem' })).toEqual([]);
  });

  it('require a secret for webhooks, and https in production', () => {
    const secret = `whsec_${Buffer.alloc(24).toString('base64')}`;
    const url = 'http://backend.example/hook';
    expect(mistakesOf({ WEBHOOK_URL: url })).toEqual([
      'WEBHOOK_URL requires one of WEBHOOK_SECRET and WEBHOOK_SECRET_FILE.',
    ]);
    expect(mistakesOf({ WEBHOOK_URL: url, WEBHOOK_SECRET_FILE: 'secret' })).toEqual([]);
    expect(mistakesOf({ WEBHOOK_SECRET: secret, WEBHOOK_SECRET_FILE: 'secret' })).toEqual([
      'Only one of WEBHOOK_SECRET and WEBHOOK_SECRET_FILE may be set.',
    ]);
    const production = { NODE_ENV: 'production', AUTH_JWT_SECRET: SECRET, WEBHOOK_SECRET: secret };
    expect(mistakesOf({ ...production, WEBHOOK_URL: url })).toEqual([
      'NODE_ENV=production requires an https URL in WEBHOOK_URL, except for this machine.',
    ]);
    for (const allowed of ['https://backend.example/hook', 'http://127.0.0.1:8080/hook'])
      expect(mistakesOf({ ...production, WEBHOOK_URL: allowed })).toEqual([]);
  });

  it('require https for the key set in production', () => {
    const production = { NODE_ENV: 'production' };
    for (const host of ['id.example', '10.0.0.7', '127.0.0.1.example', '[::2]']) {
      expect(mistakesOf({ ...production, AUTH_JWKS_URL: `http://${host}/jwks` })).toEqual([
        'NODE_ENV=production requires an https URL in AUTH_JWKS_URL, except for this machine.',
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
    expect(mistakesOf({ EVENT_LOG_MAX_AGE_MS: '1s' })).toHaveLength(1);
  });

  it('keep gRPC and HTTP off the same port', () => {
    const both = ['GRPC_URL and HTTP_PORT use the same port 3000.'];
    expect(mistakesOf({ GRPC_URL: '0.0.0.0:3000' })).toEqual(both);
    expect(mistakesOf({ GRPC_URL: '[::]:3000', HTTP_HOST: '127.0.0.1' })).toEqual(both);
    expect(mistakesOf({ GRPC_URL: '127.0.0.1:3000' })).toEqual(both);
    expect(mistakesOf({ GRPC_URL: 'a.internal:3000', HTTP_HOST: 'b.internal' })).toEqual([]);
    expect(mistakesOf({ GRPC_URL: '127.0.0.1:0', HTTP_PORT: '0' })).toEqual([]);
    expect(mistakesOf({ GRPC_URL: 'unix:/run/presence.sock' })).toEqual([]);
  });

  it('keep the metrics off the ports of gRPC and HTTP', () => {
    expect(mistakesOf({ METRICS_PORT: '3000' })).toEqual([
      'HTTP_PORT and METRICS_PORT use the same port 3000.',
    ]);
    expect(mistakesOf({ METRICS_PORT: '50051' })).toEqual([
      'GRPC_URL and METRICS_PORT use the same port 50051.',
    ]);
    expect(mistakesOf({ HTTP_PORT: '0', METRICS_PORT: '0' })).toEqual([]);
    expect(mistakesOf({ METRICS_PORT: '9464' })).toEqual([]);
  });

  it('keep events for while a quiet subscriber waits for a new resume token', () => {
    expect(mistakesOf({ EVENT_LOG_MAX_AGE_MS: '14999' })).toEqual([
      'STREAM_HEARTBEAT_INTERVAL_MS (15000) must not be larger than EVENT_LOG_MAX_AGE_MS (14999).',
    ]);
  });
});
