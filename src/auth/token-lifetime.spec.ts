import { describe, expect, it } from 'vitest';
import { checkLifetime } from './token-lifetime.js';

const HOUR_MS = 3_600_000;

describe('The maximum lifetime of a token', () => {
  it.each([
    ['lives as long as allowed', { iat: 1000, exp: 4600 }],
    ['lives shorter', { iat: 1000, exp: 1060 }],
    ['has expired before it was issued', { iat: 1000, exp: 900 }],
    ['has times with fractions', { iat: 1000.5, exp: 4600.5 }],
  ])('allows a token that %s', (_, claims) => {
    expect(() => checkLifetime(claims, HOUR_MS)).not.toThrow();
  });

  it.each([
    ['lives longer', { iat: 1000, exp: 4600.001 }, 'it is valid for too long'],
    ['never expires', { iat: 1000 }, 'exp is missing'],
    ['expires after every time', { iat: 1000, exp: Infinity }, 'it is valid for too long'],
    ['does not say when it was issued', { exp: 4600 }, 'iat is missing, or not in seconds'],
    [
      'was issued in milliseconds',
      { iat: 1_700_000_000_000, exp: 1_800_000_000 },
      'iat is missing, or not in seconds',
    ],
    [
      'was issued after every time',
      { iat: Infinity, exp: 1_800_000_000 },
      'iat is missing, or not in seconds',
    ],
  ])('rejects a token that %s', (_, claims, detail) => {
    expect(() => checkLifetime(claims, HOUR_MS)).toThrow(`token is not valid: ${detail}`);
  });

  it('is not checked when it is not set', () => {
    expect(() => checkLifetime({}, undefined)).not.toThrow();
  });
});
