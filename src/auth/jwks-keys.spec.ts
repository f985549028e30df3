import { generateKeyPairSync } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import {
  first,
  IdentityProvider,
  jwk,
  second,
  tokenSignedBy,
} from '../../test/support/identity-provider.js';
import { InvalidToken } from './invalid-token.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

let provider: IdentityProvider;

beforeEach(async () => {
  provider = await IdentityProvider.start();
});

describe('a key set', () => {
  it('checks tokens by the key they name, and is asked for once', async () => {
    provider.publish(jwk('1', first.publicKey), jwk('2', rsa.publicKey, { alg: 'RS256' }));
    const tokens = provider.verifier();
    const callers = await Promise.all([
      tokens.verify(await tokenSignedBy(first.privateKey, '1')),
      tokens.verify(await tokenSignedBy(rsa.privateKey, '2', 'RS256')),
    ]);
    expect(callers.map(({ userId }) => userId)).toEqual(['alice', 'alice']);
    expect(provider.requests).toBe(1);
  });

  it.each([
    ['a number that is none', { kty: 'RSA', n: '!!', e: 'AQAB' }],
    ['no number', { kty: 'RSA' }],
    ['a point that is not on its curve', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }],
    ['another curve', { kty: 'EC', crv: 'P-256K', x: 'AAAA', y: 'AAAA' }],
  ])(
    'rejects the tokens of a broken key and accepts those of the other keys: %s',
    async (_, broken) => {
      const alg = broken.kty === 'RSA' ? 'RS256' : 'ES256';
      provider.publish({ ...broken, kid: '1' }, jwk('2', second.publicKey));
      const tokens = provider.verifier();
      const signer = broken.kty === 'RSA' ? rsa.privateKey : first.privateKey;
      await expect(tokens.verify(await tokenSignedBy(signer, '1', alg))).rejects.toThrow(
        InvalidToken,
      );
      await expect(tokens.verify(await tokenSignedBy(signer, '1', alg))).rejects.toThrow(
        InvalidToken,
      );
      expect(await tokens.verify(await tokenSignedBy(second.privateKey, '2'))).toBeDefined();
      expect(vi.mocked(Logger.prototype.warn).mock.calls.length).toBeLessThanOrEqual(1);
    },
  );

  it('may begin with a byte order mark', async () => {
    provider.answer = (_, response) =>
      response.end(`\uFEFF${JSON.stringify({ keys: [jwk('1', first.publicKey)] })}`);
    expect(
      await provider.verifier().verify(await tokenSignedBy(first.privateKey, '1')),
    ).toBeDefined();
  });

  it('checks a token that names no key by each key of its type', async () => {
    provider.publish(jwk('1', first.publicKey), jwk('2', second.publicKey));
    const tokens = provider.verifier();
    expect(await tokens.verify(await tokenSignedBy(second.privateKey, undefined))).toBeDefined();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await expect(tokens.verify(await tokenSignedBy(privateKey, undefined))).rejects.toThrow(
      InvalidToken,
    );
  });

  it('rejects a token that names a key that did not sign it', async () => {
    provider.publish(jwk('1', first.publicKey), jwk('2', second.publicKey));
    const attempt = provider.verifier().verify(await tokenSignedBy(second.privateKey, '1'));
    await expect(attempt).rejects.toThrow(InvalidToken);
  });

  it('rejects an algorithm that does not match the key', async () => {
    provider.publish(jwk('2', rsa.publicKey, { alg: 'RS256' }));
    const attempt = provider.verifier().verify(await tokenSignedBy(rsa.privateKey, '2', 'PS256'));
    await expect(attempt).rejects.toThrow(InvalidToken);
  });

  it('never uses a public key as a shared secret', async () => {
    const published = jwk('1', first.publicKey);
    provider.publish(published);
    const known = [
      JSON.stringify(published),
      JSON.stringify({ keys: [published] }),
      first.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      (published as { x: string }).x,
    ];
    for (const secret of known) {
      const attempt = new SignJWT({ sub: 'alice' })
        .setProtectedHeader({ alg: 'HS256', kid: '1' })
        .sign(Buffer.from(secret));
      await expect(provider.verifier().verify(await attempt)).rejects.toThrow(InvalidToken);
    }
  });

  it.each<[string, unknown]>([
    ['a path', '../../../dev/null'],
    ['SQL', "1' OR '1'='1"],
    ['a property of every object', '__proto__'],
    ['a URL', 'http://127.0.0.1:9/keys'],
    ['nothing', ''],
    ['a very long text', 'x'.repeat(4_000)],
    ['a number', 1],
    ['a list', ['1']],
    ['an object', { kid: '1' }],
    ['null', null],
  ])('is asked for no key by a name that is %s', async (_, kid) => {
    provider.publish(jwk('1', first.publicKey));
    const header = { alg: 'ES256', kid } as { alg: string };
    const forged = await new SignJWT({ sub: 'alice' })
      .setProtectedHeader(header)
      .sign(second.privateKey);
    await expect(provider.verifier().verify(forged)).rejects.toThrow(InvalidToken);
    expect(provider.requests).toBe(1);
  });

  it('uses no key from a token or from a URL in a token', async () => {
    provider.publish(jwk('1', first.publicKey));
    const elsewhere = vi.spyOn(globalThis, 'fetch');
    const header = {
      alg: 'ES256',
      kid: '1',
      jwk: second.publicKey.export({ format: 'jwk' }),
      jku: `${provider.url}&from=jku`,
      x5u: `${provider.url}&from=x5u`,
      x5c: [second.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
    };
    const forged = await new SignJWT({ sub: 'alice' })
      .setProtectedHeader(header)
      .sign(second.privateKey);
    await expect(provider.verifier().verify(forged)).rejects.toThrow(InvalidToken);
    expect(elsewhere.mock.calls.map(([address]) => address)).toEqual([provider.url]);
  });

  it('never checks with a shared secret, even if one is published', async () => {
    const k = Buffer.alloc(32, 1);
    provider.publish({ kty: 'oct', kid: '1', k: k.toString('base64url') });
    const shared = new SignJWT({ sub: 'alice' })
      .setProtectedHeader({ alg: 'HS256', kid: '1' })
      .sign(k);
    await expect(provider.verifier().verify(await shared)).rejects.toThrow(InvalidToken);
  });
});

describe('rotation', () => {
  it('is noticed by the first token that names a new key', async () => {
    provider.publish(jwk('1', first.publicKey));
    const tokens = provider.verifier();
    await tokens.verify(await tokenSignedBy(first.privateKey, '1'));

    provider.publish(jwk('2', second.publicKey));
    const rotated = await tokenSignedBy(second.privateKey, '2');
    await expect(tokens.verify(rotated)).rejects.toThrow(InvalidToken);
    vi.setSystemTime(Date.now() + 10 * SECOND);
    expect(await tokens.verify(rotated)).toMatchObject({ userId: 'alice' });
    await expect(tokens.verify(await tokenSignedBy(first.privateKey, '1'))).rejects.toThrow(
      InvalidToken,
    );
  });

  it('is not fetched for every token with an unknown key id', async () => {
    provider.publish(jwk('1', first.publicKey));
    const tokens = provider.verifier();
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const invented = await tokenSignedBy(second.privateKey, `invented ${attempt}`);
      await expect(tokens.verify(invented)).rejects.toThrow(InvalidToken);
    }
    expect(provider.requests).toBe(1);
    for (let seconds = 0; seconds < 60; seconds += 1) {
      vi.setSystemTime(Date.now() + SECOND);
      const invented = await tokenSignedBy(second.privateKey, `invented in second ${seconds}`);
      await expect(tokens.verify(invented)).rejects.toThrow(InvalidToken);
    }
    expect(provider.requests).toBeLessThanOrEqual(7);
  });

  it('makes a withdrawn key useless after 10 minutes, without holding up a call', async () => {
    provider.publish(jwk('1', first.publicKey));
    const tokens = provider.verifier();
    const old = await tokenSignedBy(first.privateKey, '1');
    await tokens.verify(old);

    provider.publish(jwk('2', second.publicKey));
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(await tokens.verify(old)).toBeDefined();
    await eventually(async () => {
      // A token that was just verified is cached for half a minute.
      vi.setSystemTime(Date.now() + 30 * SECOND);
      return tokens.verify(old).catch((error: unknown) => error);
    }, expect.any(InvalidToken));
  });
});
