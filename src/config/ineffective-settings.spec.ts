import { describe, expect, it } from 'vitest';
import { ineffectiveSettings } from './ineffective-settings.js';
import { REMOVED, RENAMED } from './retired-settings.js';
import { allSettings } from './settings.js';

describe('An unknown variable', () => {
  it.each([
    ['GRPC_TLS_CERT', 'GRPC_TLS_CERT_FILE'],
    ['GRPC_TLS_KEYFILE', 'GRPC_TLS_KEY_FILE'],
    ['GRPC_TLS_CA_FILE', 'GRPC_TLS_CLIENT_CA_FILE'],
    ['GRPC_TLS_ENABLED', 'one of GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE, GRPC_TLS_CLIENT_CA_FILE'],
    ['AUTH_ISSUER', 'AUTH_JWT_ISSUER'],
    ['AUTH_JWT_SECRETS', 'AUTH_JWT_SECRET'],
    ['AUTH_JTW_ISSUR', 'AUTH_JWT_ISSUER'],
    ['AUTH_SECRET', 'one of AUTH_JWT_SECRET, AUTH_JWT_SECRET_FILE'],
    ['AUTH_JWKS_URI', 'AUTH_JWKS_URL'],
    ['auth_jwt_secret', 'AUTH_JWT_SECRET'],
    ['REDIS_URI', 'REDIS_URL'],
    ['REDIS_PREFIX', 'REDIS_KEY_PREFIX'],
    ['REDIS_HOST', 'one of REDIS_URL, REDIS_PASSWORD_FILE, REDIS_KEY_PREFIX'],
    ['REDIS_PORT', 'one of REDIS_URL, REDIS_PASSWORD_FILE, REDIS_KEY_PREFIX'],
    ['IDLE_TIMOUT_MS', 'IDLE_TIMEOUT_MS'],
    ['IDLE_TIMEOUT_SM', 'IDLE_TIMEOUT_MS'],
    ['IDLE_TIMEOUT', 'IDLE_TIMEOUT_MS'],
    ['IDLE_TIMEOUT_SECONDS', 'IDLE_TIMEOUT_MS'],
    ['RECONNECT_GRACE', 'RECONNECT_GRACE_MS'],
    ['HEARTBEAT_INTERVAL_MS', 'HEARTBEAT_TIMEOUT_MS'],
    ['DRAIN_PERIOD', 'DRAIN_TIMEOUT_MS'],
    ['GRPC_CERT_FILE', 'GRPC_TLS_CERT_FILE'],
    ['HTTP_HOSTS', 'HTTP_HOST'],
    ['http_port', 'HTTP_PORT'],
    ['LOG_LEVELS', 'LOG_LEVEL'],
    ['RDIS_URL', 'REDIS_URL'],
    ['MAX_SESSIONS_USER', 'MAX_SESSIONS_PER_USER'],
  ])('%s causes a warning: did you mean %s?', (name, meant) => {
    expect(ineffectiveSettings({ [name]: '6379' })).toEqual([
      `Unknown setting ${name}. Did you mean ${meant}?`,
    ]);
  });

  it.each([
    ...['HTTP_PROXY', 'https_proxy', 'HTTP_USER_AGENT', 'LOGNAME', 'LOG_DIR', 'NODE_OPTIONS'],
    ...['GRPC_TRACE', 'GRPC_VERBOSITY', 'grpc_proxy', 'GRPC_NODE_TRACE', 'GRPC_SSL_CIPHER_SUITES'],
    ...['PATH', 'HOME', 'PORT', 'HOSTNAME', 'KUBERNETES_PORT', 'MAX_WORKERS', 'REDISHOST', '_'],
  ])('%s is ignored', (name) => {
    expect(ineffectiveSettings({ [name]: '1' })).toEqual([]);
  });

  it('counts as not set if it is empty', () => {
    const env = { AUTH_ISSUER: '', RECONNECT_GRACE: '' };
    expect(ineffectiveSettings(env)).toEqual([]);
  });

  it('is no warning where the setting that it resembles is there, if only to be empty', () => {
    const env = { LOG_LEVELS: 'a=b', HTTP_HOSTS: 'x' };
    expect(ineffectiveSettings({ ...env, LOG_LEVEL: 'info', HTTP_HOST: '' })).toEqual([]);
  });

  it('is ignored if it belongs to a Kubernetes service link', () => {
    const link = (name: string, address: string, port: string): NodeJS.ProcessEnv => ({
      [`${name}_SERVICE_HOST`]: address,
      [`${name}_SERVICE_PORT`]: port,
      [`${name}_SERVICE_PORT_MAIN`]: port,
      [`${name}_PORT`]: `tcp://${address}:${port}`,
      [`${name}_PORT_${port}_TCP`]: `tcp://${address}:${port}`,
      [`${name}_PORT_${port}_TCP_PROTO`]: 'tcp',
      [`${name}_PORT_${port}_TCP_PORT`]: port,
      [`${name}_PORT_${port}_TCP_ADDR`]: address,
    });
    const env = {
      ...link('REDIS', '10.96.0.7', '6379'),
      ...link('REDIS_MASTER', '10.96.0.8', '6379'),
      ...link('AUTH', '10.96.0.9', '443'),
      ...link('GRPC', '10.96.0.10', '50051'),
      ...link('GRPC_TLS', '10.96.0.11', '50051'),
      ...link('IDLE', '10.96.0.12', '80'),
    };
    expect(ineffectiveSettings(env)).toEqual([]);
    // The same name with a value that is not a service link.
    expect(ineffectiveSettings({ ...env, REDIS_PORT: '6379' })).toHaveLength(1);
  });

  it('is compared quickly, also with a long name', () => {
    const name = `IDLE_${'X_'.repeat(100_000)}`;
    expect(ineffectiveSettings({ [name]: '1' })).toEqual([]);
  });

  it('causes no warning if it is a setting', () => {
    for (const { name } of allSettings) expect(ineffectiveSettings({ [name]: '1' })).toEqual([]);
  });
});

describe('A setting of an earlier version', () => {
  it('causes a warning with its new name', () => {
    expect(ineffectiveSettings({ MAX_SESSIONS: '5' })).toEqual([
      'The setting MAX_SESSIONS has no effect. Its new name is MAX_SESSIONS_PER_NODE.',
    ]);
  });

  it('causes a warning with the value that applies instead', () => {
    expect(ineffectiveSettings({ CALL_TIMEOUT_MS: '5' })).toEqual([
      'The setting CALL_TIMEOUT_MS was removed and has no effect. The limit is 30 seconds.',
    ]);
  });

  it('is no setting any more', () => {
    const names: readonly string[] = allSettings.map(({ name }) => name);
    for (const old of [...Object.keys(RENAMED), ...Object.keys(REMOVED)]) {
      expect(names).not.toContain(old);
    }
  });
});
