import { describe, expect, it } from 'vitest';
import { settings } from './settings.js';
import { unknownSettings } from './unknown-settings.js';

describe('An unknown variable', () => {
  it.each([
    ['GRPC_TLS_CERT', 'GRPC_TLS_CERT_FILE'],
    ['GRPC_TLS_KEYFILE', 'GRPC_TLS_KEY_FILE'],
    ['GRPC_TLS_CA_FILE', 'GRPC_TLS_CLIENT_CA_FILE'],
    ['GRPC_TLS_ENABLED', 'one of GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE, GRPC_TLS_CLIENT_CA_FILE'],
    ['AUTH_ISSUER', 'AUTH_JWT_ISSUER'],
    ['AUTH_JWT_SECRETS', 'AUTH_JWT_SECRET'],
    ['AUTH_JTW_ISSUR', 'AUTH_JWT_ISSUER'],
    ['AUTH_SECRET', 'AUTH_JWT_SECRET'],
    ['AUTH_JWKS_URI', 'AUTH_JWKS_URL'],
    ['auth_jwt_secret', 'AUTH_JWT_SECRET'],
    ['REDIS_URI', 'REDIS_URL'],
    ['REDIS_PREFIX', 'REDIS_KEY_PREFIX'],
    ['REDIS_HOST', 'one of REDIS_URL, REDIS_KEY_PREFIX'],
    ['REDIS_PORT', 'one of REDIS_URL, REDIS_KEY_PREFIX'],
  ])('%s stops the start: did you mean %s?', (name, meant) => {
    expect(unknownSettings({ [name]: '6379' })).toEqual({
      mistakes: [`Unknown setting ${name}. Did you mean ${meant}?`],
      warnings: [],
    });
  });

  it.each([
    ['IDLE_TIMOUT_MS', 'IDLE_TIMEOUT_MS'],
    ['IDLE_TIMEOUT_SM', 'IDLE_TIMEOUT_MS'],
    ['IDLE_TIMEOUT', 'IDLE_TIMEOUT_MS'],
    ['IDLE_TIMEOUT_SECONDS', 'IDLE_TIMEOUT_MS'],
    ['RECONNECT_GRACE', 'RECONNECT_GRACE_MS'],
    ['HEARTBEAT_INTERVAL_MS', 'HEARTBEAT_TIMEOUT_MS'],
    ['DRAIN_PERIOD', 'DRAIN_TIMEOUT_MS'],
    ['GRPC_REFLEXION', 'GRPC_REFLECTION'],
    ['GRPC_CERT_FILE', 'GRPC_TLS_CERT_FILE'],
    ['HTTP_HOSTS', 'HTTP_HOST'],
    ['http_port', 'HTTP_PORT'],
    ['LOG_LEVELS', 'LOG_LEVEL'],
    ['RDIS_URL', 'REDIS_URL'],
    ['MAX_SESSIONS_USER', 'MAX_SESSIONS_PER_USER'],
  ])('%s is a warning: did you mean %s?', (name, meant) => {
    expect(unknownSettings({ [name]: '1' })).toEqual({
      mistakes: [],
      warnings: [`Unknown setting ${name}. Did you mean ${meant}?`],
    });
  });

  it.each([
    ...['HTTP_PROXY', 'https_proxy', 'HTTP_USER_AGENT', 'LOGNAME', 'LOG_DIR', 'NODE_OPTIONS'],
    ...['GRPC_TRACE', 'GRPC_VERBOSITY', 'grpc_proxy', 'GRPC_NODE_TRACE', 'GRPC_SSL_CIPHER_SUITES'],
    ...['PATH', 'HOME', 'PORT', 'HOSTNAME', 'KUBERNETES_PORT', 'MAX_WORKERS', 'REDISHOST', '_'],
  ])('%s is none of our business', (name) => {
    expect(unknownSettings({ [name]: '1' })).toEqual({ mistakes: [], warnings: [] });
  });

  it('that is empty counts as not set', () => {
    const env = { AUTH_ISSUER: '', RECONNECT_GRACE: '' };
    expect(unknownSettings(env)).toEqual({ mistakes: [], warnings: [] });
  });

  it('is no warning where the setting that it resembles is there, if only to be empty', () => {
    const env = { LOG_LEVELS: 'a=b', HTTP_HOSTS: 'x' };
    expect(unknownSettings({ ...env, LOG_LEVEL: 'info', HTTP_HOST: '' }).warnings).toEqual([]);
  });

  it('stops the start also where the setting that it resembles is there', () => {
    const env = { REDIS_URL: 'redis://ours', REDIS_PREFIX: 'chat:' };
    expect(unknownSettings(env).mistakes).toHaveLength(1);
  });

  it('of Kubernetes that tells where a service is, is left alone', () => {
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
    expect(unknownSettings(env)).toEqual({ mistakes: [], warnings: [] });
    // The same name with a value that is not a service link.
    expect(unknownSettings({ ...env, REDIS_PORT: '6379' }).mistakes).toHaveLength(1);
  });

  it('is compared in little time, however long its name', () => {
    const name = `IDLE_${'X_'.repeat(100_000)}`;
    expect(unknownSettings({ [name]: '1' })).toEqual({ mistakes: [], warnings: [] });
  });

  it('that is a setting is known', () => {
    for (const name of Object.keys(settings))
      expect(unknownSettings({ [name]: '1' })).toEqual({ mistakes: [], warnings: [] });
  });
});
