import { describe, expect, it } from 'vitest';
import { isServiceLink } from './service-link.js';

describe('A service link', () => {
  it.each([
    ['REDIS_SERVICE_HOST', '10.96.0.7'],
    ['REDIS_SERVICE_HOST', 'fd00::7'],
    ['REDIS_SERVICE_PORT', '6379'],
    ['REDIS_SERVICE_PORT_CLIENT_TLS', '6379'],
    ['REDIS_PORT', 'tcp://10.96.0.7:6379'],
    ['REDIS_PORT', 'tcp://[fd00::7]:6379'],
    ['REDIS_PORT_6379_TCP', 'tcp://10.96.0.7:6379'],
    ['REDIS_PORT_6379_TCP_PROTO', 'tcp'],
    ['REDIS_PORT_6379_TCP_PORT', '6379'],
    ['REDIS_PORT_6379_TCP_ADDR', '10.96.0.7'],
    ['REDIS_MASTER_PORT_6379_TCP', 'tcp://10.96.0.7:6379'],
    ['AUTH_SERVICE_SERVICE_HOST', '10.96.0.8'],
    ['AUTH_PORT_53_UDP', 'udp://10.96.0.8:53'],
    ['REDIS_NAME', '/web/redis'],
  ])('is %s=%s', (name, value) => {
    expect(isServiceLink(name, { [name]: value })).toBe(true);
  });

  it.each([
    ['REDIS_PORT', '6379'],
    ['REDIS_PORT', 'tcp://redis:6379'],
    ['REDIS_PORT', 'redis://10.96.0.7:6379'],
    ['REDIS_HOST', '10.96.0.7'],
    ['REDIS_SERVICE_HOST', 'redis.example'],
    ['REDIS_SERVICE_PORT', ''],
    ['REDIS_PORT_6379_TCP_ADDR', 'redis'],
    ['REDIS_NAME', 'redis'],
    ['AUTH_ISSUER', 'https://id.example'],
  ])('is not %s=%s', (name, value) => {
    expect(isServiceLink(name, { [name]: value })).toBe(false);
  });

  it('includes the environment of the other container if Docker made it', () => {
    const env = { REDIS_NAME: '/web/redis', REDIS_ENV_REDIS_VERSION: '7.2.5' };
    expect(isServiceLink('REDIS_ENV_REDIS_VERSION', env)).toBe(true);
    expect(isServiceLink('REDIS_ENV_REDIS_VERSION', { ...env, REDIS_NAME: 'redis' })).toBe(false);
  });
});
