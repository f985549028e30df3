import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  PresenceTokenService,
  type TokenGrants,
  type TokenOptions,
} from '@presence-service/nestjs';
import { describe, expect, it } from 'vitest';
import { createVerificationKeys } from '../../src/auth/create-verification-keys.js';
import { TokenVerifier } from '../../src/auth/token-verifier.js';

const secret = 'correct-horse-battery-staple-at-length';

function serviceWith(tokens: TokenOptions): PresenceTokenService {
  return new PresenceTokenService({ tokens });
}

function partsOf(token: string): Readonly<Record<string, unknown>>[] {
  const parts = token.split('.').slice(0, 2);
  return parts.map(
    (part) =>
      JSON.parse(Buffer.from(part, 'base64url').toString()) as Readonly<Record<string, unknown>>,
  );
}

const claimsOf = (token: string) => partsOf(token)[1]!;

/** A private key in PEM form, and the public one. */
function pair(...[type, options]: [type: string, options?: object]): [string, string] {
  const generate = generateKeyPairSync as unknown as (...args: unknown[]) => Record<string, string>;
  const { privateKey, publicKey } = generate(type, {
    ...options,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return [privateKey!, publicKey!];
}

describe('The token service', () => {
  it('signs tokens with a secret that the presence service accepts', async () => {
    const verifier = new TokenVerifier(await createVerificationKeys({ secrets: [secret] }), {
      issuer: 'me',
      audience: 'presence',
    });
    const tokens = serviceWith({ secret: `${secret} older`, issuer: 'me', audience: 'presence' });
    expect(await verifier.verify(tokens.sign('alice'))).toMatchObject({
      userId: 'alice',
      isAdmin: false,
      isWatchOnly: false,
    });
    const grants: TokenGrants = { groups: ['acme'], join: ['acme/*'], watchOnly: true };
    const principal = await verifier.verify(tokens.sign('ann', { ...grants, admin: true }));
    expect(principal).toMatchObject({
      userId: 'ann',
      isAdmin: true,
      groups: ['acme'],
      isWatchOnly: true,
    });
  });

  it.each([
    ['RS256', pair('rsa', { modulusLength: 2048 })],
    ['ES256', pair('ec', { namedCurve: 'P-256' })],
    ['ES384', pair('ec', { namedCurve: 'P-384' })],
    ['EdDSA', pair('ed25519')],
  ])('signs tokens with a private key: %s', async (alg, [privateKey, publicKey]) => {
    const folder = await mkdtemp(join(tmpdir(), 'presence-keys-'));
    const publicKeyFile = join(folder, 'key.pem');
    await writeFile(publicKeyFile, publicKey);
    const verifier = new TokenVerifier(await createVerificationKeys({ publicKeyFile }));
    const token = serviceWith({ privateKey, keyId: 'k1' }).sign('alice');
    expect(partsOf(token)[0]).toEqual({ alg, typ: 'JWT', kid: 'k1' });
    expect(await verifier.verify(token)).toMatchObject({ userId: 'alice' });
    await rm(folder, { recursive: true });
  });

  it('writes the claims that the documentation names', () => {
    const grants: TokenGrants = {
      groups: ['acme'],
      join: ['acme/*'],
      watch: ['fair'],
      moderate: ['*'],
      watchOnly: true,
    };
    const { presence, scope } = claimsOf(serviceWith({ secret }).sign('ann', grants));
    expect({ presence, scope }).toEqual({
      presence: {
        groups: ['acme'],
        join: ['acme/*'],
        watch: ['fair'],
        moderate: ['*'],
        watch_only: true,
      },
    });
    const named = serviceWith({ secret, grantsClaim: 'https://example.com/presence' });
    expect(claimsOf(named.sign('ann', { groups: [] }))).toMatchObject({
      'https://example.com/presence': { groups: [] },
    });
    expect(claimsOf(serviceWith({ secret }).sign('ann', { watchOnly: false }))).not.toHaveProperty(
      'presence',
    );
  });

  it('gives tokens the lifetime of the request, of the options, or an hour', () => {
    const lifetime = (token: string): number => {
      const { iat, exp } = claimsOf(token);
      return Number(exp) - Number(iat);
    };
    const tokens = serviceWith({ secret, hours: 12 });
    expect(lifetime(serviceWith({ secret }).sign('ann'))).toBe(3600);
    expect(lifetime(tokens.sign('ann'))).toBe(43_200);
    expect(lifetime(tokens.sign('ann', { hours: 0.25 }))).toBe(900);
  });

  it.each<[string, string, TokenGrants]>([
    ['no user id', '', {}],
    ['a user id that is too long', 'x'.repeat(129), {}],
    ['a user id with a control character', 'a\nb', {}],
    ['a user id that is not Unicode', '\ud800', {}],
    ['an empty group', 'ann', { groups: [''] }],
    ['too many channels', 'ann', { join: Array<string>(101).fill('a') }],
    ['a star within a channel', 'ann', { watch: ['a*b'] }],
    ['a text in place of a list', 'ann', { moderate: '*' as unknown as string[] }],
    ['a token that is too long', 'ann', { join: Array<string>(100).fill('x'.repeat(128)) }],
    ['no lifetime', 'ann', { hours: 0 }],
    ['a lifetime that is no number', 'ann', { hours: NaN }],
  ])('refuses what the presence service would refuse: %s', (_, userId, grants) => {
    expect(() => serviceWith({ secret }).sign(userId, grants)).toThrow(RangeError);
  });

  it.each<[string, TokenOptions]>([
    ['no key', {}],
    ['a short secret', { secret: 'short' }],
    ['two keys', { secret, privateKey: pair('ed25519')[0] }],
    ['no PEM', { privateKey: 'MIIE' }],
    ['a public key', { privateKey: pair('ed25519')[1] }],
    ['a short RSA key', { privateKey: pair('rsa', { modulusLength: 1024 })[0] }],
    ['a curve that is not allowed', { privateKey: pair('ec', { namedCurve: 'P-521' })[0] }],
  ])('does not start with a key that is wrong: %s', (_, tokens) => {
    expect(() => serviceWith(tokens)).toThrow(TypeError);
  });

  it('says which option is missing', () => {
    expect(() => new PresenceTokenService({}).sign('ann')).toThrow('no `tokens`');
  });
});
