import { describe, expect, it } from 'vitest';
import { nearMisses } from './near-misses.js';
import { settings } from './settings.js';

describe('A variable', () => {
  it.each([
    ['IDLE_TIMOUT_MS', 'IDLE_TIMEOUT_MS'],
    ['IDLE_TIMEOUT_SM', 'IDLE_TIMEOUT_MS'],
    ['IDLE_TIMEOUT', undefined],
    ['AUTH_JWT_SECRETS', 'AUTH_JWT_SECRET'],
    ['AUTH_JTW_ISSUR', 'AUTH_JWT_ISSUER'],
    ['REDIS_ULR', 'REDIS_URL'],
    ['REDIS_URI', 'REDIS_URL'],
    ['GRPC_REFLEXION', 'GRPC_REFLECTION'],
    ['HTTP_PROXY', undefined],
    ['REDIS_PORT', undefined],
    ['LOGNAME', undefined],
  ])('%s is taken for a slip of %s', (name, meant) => {
    const complaints = nearMisses({ [name]: '1' });
    if (meant === undefined) expect(complaints).toEqual([]);
    else {
      expect(complaints).toHaveLength(1);
      expect(complaints[0]).toMatch(new RegExp(`^${name} is no setting. If it is to be ${meant},`));
    }
  });

  it('is left alone where the setting that it resembles is there, if only to be empty', () => {
    expect(nearMisses({ REDIS_URI: 'redis://other', REDIS_URL: 'redis://ours' })).toEqual([]);
    expect(nearMisses({ REDIS_URI: 'redis://other', REDIS_URL: '' })).toEqual([]);
  });

  it('that is a setting is none', () => {
    for (const name of Object.keys(settings)) expect(nearMisses({ [name]: '1' })).toEqual([]);
  });
});
