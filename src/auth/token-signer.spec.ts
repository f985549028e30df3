import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config/config-error.js';
import { createVerificationKeys } from './create-verification-keys.js';
import type { GrantsClaim } from './grants.js';
import { TokenSigner } from './token-signer.js';
import { TokenVerifier } from './token-verifier.js';

const env = {
  AUTH_JWT_SECRET: 'correct-horse-battery-staple-at-length',
  AUTH_JWT_ISSUER: 'me',
  AUTH_JWT_AUDIENCE: 'presence',
};

const expected = { issuer: 'me', audience: 'presence' };
const keys = await createVerificationKeys({ secrets: [env.AUTH_JWT_SECRET] });
const verifier = new TokenVerifier(keys, expected);

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, claims = ''] = token.split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
}

function lifetimeSeconds(token: string): number {
  const { iat, exp } = claimsOf(token);
  return Number(exp) - Number(iat);
}

describe('A token signer', async () => {
  const signer = (await TokenSigner.of(env))!;

  it('signs tokens that are valid for one hour', async () => {
    const token = await signer.sign({ userId: 'alice' });
    expect(await verifier.verify(token)).toMatchObject({ userId: 'alice', isAdmin: false });
    expect(lifetimeSeconds(token)).toBe(3600);
  });

  it('signs tokens for an admin and with another lifetime', async () => {
    const token = await signer.sign({ userId: 'root', isAdmin: true, ttlSeconds: 60 });
    expect(await verifier.verify(token)).toMatchObject({ userId: 'root', isAdmin: true });
    expect(lifetimeSeconds(token)).toBe(60);
  });

  it('signs tokens with grants, in the claim that AUTH_GRANTS_CLAIM names', async () => {
    const named = (await TokenSigner.of({ ...env, AUTH_GRANTS_CLAIM: 'grants' }))!;
    const token = await named.sign({
      userId: 'ann',
      grants: { groups: ['acme'], join: ['acme/*'], watch_only: true },
    });
    expect(claimsOf(token)).toMatchObject({
      grants: { groups: ['acme'], join: ['acme/*'], watch_only: true },
    });
  });

  it('signs tokens that are valid for as long as the service allows', async () => {
    const strict = (await TokenSigner.of({ ...env, AUTH_MAX_TOKEN_LIFETIME_MS: '60500' }))!;
    expect(lifetimeSeconds(await strict.sign({ userId: 'ann' }))).toBe(60);
    await expect(strict.sign({ userId: 'ann', ttlSeconds: 61 })).rejects.toThrow(
      'The service would reject the token: AUTH_MAX_TOKEN_LIFETIME_MS allows at most 60 seconds.',
    );
  });

  const MANY = Array.from({ length: 101 }, (_, i) => `x${i}`);
  const LONG = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(127, 'x'));

  it.each<[string, GrantsClaim, string]>([
    [
      'a "*" within a pattern',
      { join: ['acme/*', 'acme/*/stage'] },
      'presence.join[1] is not a channel id, or the beginning of one followed by "*".',
    ],
    ['too many groups', { groups: MANY }, 'presence.groups is not a list of at most 100 entries.'],
    [
      'too long a token',
      { watch: LONG },
      'it has 17545 characters, and 8192 are allowed. Use fewer or shorter grants.',
    ],
  ])('signs no token with grants that the service would reject: %s', async (_, grants, why) => {
    await expect(signer.sign({ userId: 'ann', grants })).rejects.toThrow(
      new RangeError(`The service would reject the token: ${why}`),
    );
  });

  it('signs no token for a user id that the service would reject', async () => {
    await expect(signer.sign({ userId: 'ali\nce' })).rejects.toThrow(RangeError);
  });

  it('signs with the first of several secrets, also of those in a file', async () => {
    const { AUTH_JWT_SECRET: first, ...claims } = env;
    const several = `${first} ${'x'.repeat(32)}`;
    const folder = await mkdtemp(join(tmpdir(), 'presence-secret-'));
    const file = join(folder, 'secret');
    await writeFile(file, `${several}\n`);
    for (const settings of [{ AUTH_JWT_SECRET: several }, { AUTH_JWT_SECRET_FILE: file }]) {
      const token = await (await TokenSigner.of({ ...claims, ...settings }))!.sign({
        userId: 'alice',
      });
      expect(await verifier.verify(token)).toMatchObject({ userId: 'alice' });
    }
    await rm(folder, { recursive: true });
  });

  it('needs a secret', async () => {
    expect(await TokenSigner.of({})).toBeUndefined();
  });

  it('needs valid settings', async () => {
    await expect(TokenSigner.of({ AUTH_JWT_SECRET: 'short' })).rejects.toThrow(ConfigError);
    const attempt = TokenSigner.of({ AUTH_JWT_SECRET_FILE: '/nowhere/secret' });
    await expect(attempt).rejects.toThrow(ConfigError);
  });
});
