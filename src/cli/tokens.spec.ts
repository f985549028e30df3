import { describe, expect, it } from 'vitest';
import { createVerificationKeys } from '../auth/create-verification-keys.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { ConfigError } from '../config/config-error.js';
import { UsageError } from './failure.js';
import { subjectOf, TokenSigner, tokenSource } from './tokens.js';

const env = {
  AUTH_JWT_SECRET: 'correct horse battery staple, at length',
  AUTH_JWT_ISSUER: 'me',
  AUTH_JWT_AUDIENCE: 'presence',
};

const verifier = new TokenVerifier(await createVerificationKeys({ secret: env.AUTH_JWT_SECRET }), {
  issuer: 'me',
  audience: 'presence',
});

async function secondsLeft(token: string): Promise<number> {
  const { expiresAt = 0 } = await verifier.verify(token);
  return Math.round((expiresAt - Date.now()) / 1_000) - 5;
}

describe('Tokens of the command line', () => {
  const signer = TokenSigner.of(env, 'Tokens are signed here');

  it('are good for an hour', async () => {
    const token = await signer.sign({ userId: 'alice' });
    expect(await verifier.verify(token)).toMatchObject({ userId: 'alice', isAdmin: false });
    expect(await secondsLeft(token)).toBeCloseTo(3_600, -1);
  });

  it('are those of an admin, and good for as long as asked', async () => {
    const token = await signer.sign({ userId: 'root', isAdmin: true, ttlSeconds: 60 });
    expect(await verifier.verify(token)).toMatchObject({ userId: 'root', isAdmin: true });
    expect(await secondsLeft(token)).toBeLessThanOrEqual(60);
  });

  it('are of nobody whom the service would refuse', async () => {
    await expect(signer.sign({ userId: 'ali\nce' })).rejects.toThrow(UsageError);
  });

  it('cannot be had without a secret', () => {
    expect(() => TokenSigner.of({}, 'Tokens are signed here')).toThrow(
      /^Tokens are signed here, which needs AUTH_JWT_SECRET/,
    );
  });

  it('cannot be had with settings that are wrong', () => {
    expect(() => TokenSigner.of({ AUTH_JWT_SECRET: 'short' }, '')).toThrow(ConfigError);
  });

  it('are the one that was given, whatever the settings are', async () => {
    expect(await tokenSource('given', { userId: 'ann' }, {})).toBe('given');
  });

  it('are signed anew each time one is asked for', async () => {
    const source = await tokenSource(undefined, { userId: 'ann', isAdmin: true }, env);
    expect(source).toBeTypeOf('function');
    const token = await (source as () => Promise<string>)();
    expect(await verifier.verify(token)).toMatchObject({ userId: 'ann', isAdmin: true });
  });

  it('that are missing are missed at once', async () => {
    await expect(tokenSource(undefined, { userId: 'ann' }, {})).rejects.toThrow(
      /^Give --token or PRESENCE_TOKEN/,
    );
  });

  it('say whose they are, unless they are of another kind', async () => {
    expect(subjectOf(await signer.sign({ userId: 'alice' }))).toBe('alice');
    expect(subjectOf('opaque')).toBeUndefined();
  });
});
