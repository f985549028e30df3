import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config/config-error.js';
import { createVerificationKeys } from './create-verification-keys.js';
import { TokenSigner } from './token-signer.js';
import { TokenVerifier } from './token-verifier.js';

const env = {
  AUTH_JWT_SECRET: 'correct horse battery staple, at length',
  AUTH_JWT_ISSUER: 'me',
  AUTH_JWT_AUDIENCE: 'presence',
};

const verifier = new TokenVerifier(await createVerificationKeys({ secret: env.AUTH_JWT_SECRET }), {
  issuer: 'me',
  audience: 'presence',
});

function lifetimeSeconds(token: string): number {
  const [, claims = ''] = token.split('.');
  const { iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    readonly iat: number;
    readonly exp: number;
  };
  return exp - iat;
}

describe('A token signer', () => {
  const signer = TokenSigner.of(env)!;

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

  it('needs a secret', () => {
    expect(TokenSigner.of({})).toBeUndefined();
  });

  it('needs valid settings', () => {
    expect(() => TokenSigner.of({ AUTH_JWT_SECRET: 'short' })).toThrow(ConfigError);
  });
});
