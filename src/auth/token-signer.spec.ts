import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config/config-error.js';
import { createVerificationKeys } from './create-verification-keys.js';
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

function lifetimeSeconds(token: string): number {
  const [, claims = ''] = token.split('.');
  const { iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    readonly iat: number;
    readonly exp: number;
  };
  return exp - iat;
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

  it('signs no token that the service would reject', async () => {
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
