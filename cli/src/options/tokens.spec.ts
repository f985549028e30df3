import { describe, expect, it } from 'vitest';
import { UsageError } from '../runtime/failure.js';
import { sign, subjectOf, tokenSigner, tokenSource } from './tokens.js';

const env = { AUTH_JWT_SECRET: 'correct-horse-battery-staple-at-length' };

describe('The token of a command', () => {
  it('is the given token, with any settings', async () => {
    expect(await tokenSource('given', { userId: 'ann' }, {})).toBe('given');
  });

  it('is signed for each request if none is given', async () => {
    const source = await tokenSource(undefined, { userId: 'ann', isAdmin: true }, env);
    expect(source).toBeTypeOf('function');
    expect(subjectOf(await (source as () => Promise<string>)())).toBe('ann');
  });

  it('needs a secret if none is given', async () => {
    await expect(tokenSource(undefined, { userId: 'ann' }, {})).rejects.toThrow(
      /^Set --token or PRESENCE_TOKEN .* needs AUTH_JWT_SECRET/,
    );
  });

  it('cannot be signed for a user whom the service would reject', async () => {
    const signer = await tokenSigner(env, 'Signing a token');
    await expect(sign(signer, { userId: 'ali\nce' })).rejects.toThrow(UsageError);
  });

  it('names its user, unless it is no JWT', async () => {
    expect(subjectOf(await (await tokenSigner(env, '')).sign({ userId: 'alice' }))).toBe('alice');
    expect(subjectOf('opaque')).toBeUndefined();
  });
});
