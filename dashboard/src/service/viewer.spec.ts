import { describe, expect, it } from 'vitest';
import { viewerOf } from './viewer.js';

function tokenWith(claims: unknown): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `header.${payload}.signature`;
}

describe('The viewer of a token', () => {
  it.each<[object, boolean]>([
    [{ presence: { watch_only: true } }, true],
    [{ 'https://acme.example/grants': { watch_only: true } }, true],
    [{ presence: { watch_only: false } }, false],
    [{ presence: { watch_only: 'true' } }, false],
    [{ presence: null, watch_only: true }, false],
    [{}, false],
  ])('is only watching if a claim says so: %j', (claims, isWatchOnly) => {
    expect(viewerOf(tokenWith({ sub: 'zoë', ...claims }))).toEqual({ userId: 'zoë', isWatchOnly });
  });

  it.each(['', 'opaque', 'a.b.c', tokenWith(null), tokenWith('text'), tokenWith({ sub: 1 })])(
    'is unknown if the token has no such claims: %s',
    (token) => {
      expect(viewerOf(token)).toEqual({ userId: undefined, isWatchOnly: false });
    },
  );
});
