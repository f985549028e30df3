import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config/config-error.js';
import { configuredKeys } from './configured-keys.js';
import { tokenCommand, UsageError } from './token-command.js';
import { TokenVerifier } from './token-verifier.js';

const env = {
  AUTH_JWT_SECRET: 'correct horse battery staple, at length',
  AUTH_JWT_ISSUER: 'me',
  AUTH_JWT_AUDIENCE: 'presence',
};

const verifier = new TokenVerifier(await configuredKeys({ secret: env.AUTH_JWT_SECRET }), {
  issuer: 'me',
  audience: 'presence',
});

async function secondsLeft(token: string): Promise<number> {
  const { expiresAt = 0 } = await verifier.verify(token);
  return Math.round((expiresAt - Date.now()) / 1_000) - 5;
}

describe('npm run token', () => {
  it('signs a token for a user, good for an hour', async () => {
    const token = await tokenCommand(['alice'], env);
    expect(await verifier.verify(token)).toMatchObject({ userId: 'alice', isAdmin: false });
    expect(await secondsLeft(token)).toBeCloseTo(3_600, -1);
  });

  it('signs one for an admin, and for as long as asked', async () => {
    const token = await tokenCommand(['--ttl', '60', 'root', '--admin'], env);
    expect(await verifier.verify(token)).toMatchObject({ userId: 'root', isAdmin: true });
    expect(await secondsLeft(token)).toBeLessThanOrEqual(60);
  });

  it('takes a user whose name looks like an option after --', async () => {
    expect(await verifier.verify(await tokenCommand(['--', '--admin'], env))).toMatchObject({
      userId: '--admin',
      isAdmin: false,
    });
  });

  it.each([
    ['no user', []],
    ['two users', ['alice', 'bob']],
    ['an unknown option', ['alice', '--root']],
    ['an option without its value', ['alice', '--ttl']],
    ['a time in words', ['alice', '--ttl', '1h']],
    ['no time', ['alice', '--ttl', '0']],
  ])('explains itself when it is given %s', async (_, args) => {
    const attempt = tokenCommand(args, env);
    await expect(attempt).rejects.toThrow(UsageError);
    await expect(attempt).rejects.toThrow('Usage: npm run token -- <user>');
  });

  it('refuses a user id that the service would refuse', async () => {
    await expect(tokenCommand(['ali\nce'], env)).rejects.toThrow(UsageError);
  });

  it('says what is missing when there is no secret', async () => {
    await expect(tokenCommand(['alice'], {})).rejects.toThrow(/^AUTH_JWT_SECRET is not set/);
  });

  it('says what is wrong with the settings', async () => {
    const attempt = tokenCommand(['alice'], { AUTH_JWT_SECRET: 'short' });
    await expect(attempt).rejects.toThrow(ConfigError);
  });
});
