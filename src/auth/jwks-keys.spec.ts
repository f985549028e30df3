import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidToken } from './invalid-token.js';
import { KeysUnavailable } from './keys-unavailable.js';
import { JwksKeys } from './jwks-keys.js';
import { TokenVerifier } from './token-verifier.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const first = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const second = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** The handler of the identity provider, and the number of requests it received. */
let answer: RequestListener;
let requests: number;
let server: Server;
let url: string;

beforeEach(async () => {
  // Only the clocks are fake: sockets need real timers.
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  vi.spyOn(Logger.prototype, 'log').mockReturnValue();
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks?key=hunter2`;
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

function jwk(kid: string | undefined, key: KeyObject, more: object = {}): object {
  return { ...key.export({ format: 'jwk' }), kid, ...more };
}

function publish(...keys: readonly object[]): void {
  answer = (_, response) => response.end(JSON.stringify({ keys }));
}

function fail(status = 500): void {
  answer = (_, response) => response.writeHead(status).end('hunter2');
}

/** Redirects to a path that serves the correct keys. */
function redirect(): void {
  answer = ({ url: path = '' }, response) => {
    if (path !== '/elsewhere') response.writeHead(302, { location: '/elsewhere' }).end();
    else response.end(JSON.stringify({ keys: [jwk('1', first.publicKey)] }));
  };
}

/** Sends white space, which is valid at the start of JSON, until the client closes the connection. */
function flood(onSent: (bytes: number) => void = () => {}, onClosed = () => {}): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  answer = (_, response) => {
    const go = (): void => {
      while (!response.destroyed) {
        onSent(chunk.length);
        if (!response.write(chunk)) return;
      }
    };
    response.on('drain', go).on('close', onClosed);
    go();
  };
}

function hang(): void {
  answer = () => undefined;
}

function verifier(): TokenVerifier {
  return new TokenVerifier(new JwksKeys(url));
}

function token(kid: string | undefined, key: KeyObject, alg = 'ES256'): Promise<string> {
  const header = kid === undefined ? { alg } : { alg, kid };
  return new SignJWT({ sub: 'alice' }).setProtectedHeader(header).sign(key);
}

describe('a key set', () => {
  it('checks tokens by the key they name, and is asked for once', async () => {
    publish(jwk('1', first.publicKey), jwk('2', rsa.publicKey, { alg: 'RS256' }));
    const tokens = verifier();
    const callers = await Promise.all([
      tokens.verify(await token('1', first.privateKey)),
      tokens.verify(await token('2', rsa.privateKey, 'RS256')),
    ]);
    expect(callers.map(({ userId }) => userId)).toEqual(['alice', 'alice']);
    expect(requests).toBe(1);
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
      publish({ ...broken, kid: '1' }, jwk('2', second.publicKey));
      const tokens = verifier();
      const signer = broken.kty === 'RSA' ? rsa.privateKey : first.privateKey;
      await expect(tokens.verify(await token('1', signer, alg))).rejects.toThrow(InvalidToken);
      await expect(tokens.verify(await token('1', signer, alg))).rejects.toThrow(InvalidToken);
      expect(await tokens.verify(await token('2', second.privateKey))).toBeDefined();
      expect(vi.mocked(Logger.prototype.warn).mock.calls.length).toBeLessThanOrEqual(1);
    },
  );

  it('may begin with a byte order mark', async () => {
    answer = (_, response) =>
      response.end(`\uFEFF${JSON.stringify({ keys: [jwk('1', first.publicKey)] })}`);
    expect(await verifier().verify(await token('1', first.privateKey))).toBeDefined();
  });

  it('checks a token that names no key by each key of its type', async () => {
    publish(jwk('1', first.publicKey), jwk('2', second.publicKey));
    const tokens = verifier();
    expect(await tokens.verify(await token(undefined, second.privateKey))).toBeDefined();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await expect(tokens.verify(await token(undefined, privateKey))).rejects.toThrow(InvalidToken);
  });

  it('rejects a token that names a key that did not sign it', async () => {
    publish(jwk('1', first.publicKey), jwk('2', second.publicKey));
    const attempt = verifier().verify(await token('1', second.privateKey));
    await expect(attempt).rejects.toThrow(InvalidToken);
  });

  it('rejects an algorithm that does not match the key', async () => {
    publish(jwk('2', rsa.publicKey, { alg: 'RS256' }));
    const attempt = verifier().verify(await token('2', rsa.privateKey, 'PS256'));
    await expect(attempt).rejects.toThrow(InvalidToken);
  });

  it('never uses a public key as a shared secret', async () => {
    const published = jwk('1', first.publicKey);
    publish(published);
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
      await expect(verifier().verify(await attempt)).rejects.toThrow(InvalidToken);
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
    publish(jwk('1', first.publicKey));
    const header = { alg: 'ES256', kid } as { alg: string };
    const forged = await new SignJWT({ sub: 'alice' })
      .setProtectedHeader(header)
      .sign(second.privateKey);
    await expect(verifier().verify(forged)).rejects.toThrow(InvalidToken);
    expect(requests).toBe(1);
  });

  it('uses no key from a token or from a URL in a token', async () => {
    publish(jwk('1', first.publicKey));
    const elsewhere = vi.spyOn(globalThis, 'fetch');
    const header = {
      alg: 'ES256',
      kid: '1',
      jwk: second.publicKey.export({ format: 'jwk' }),
      jku: `${url}&from=jku`,
      x5u: `${url}&from=x5u`,
      x5c: [second.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
    };
    const forged = await new SignJWT({ sub: 'alice' })
      .setProtectedHeader(header)
      .sign(second.privateKey);
    await expect(verifier().verify(forged)).rejects.toThrow(InvalidToken);
    expect(elsewhere.mock.calls.map(([address]) => address)).toEqual([url]);
  });

  it('never checks with a shared secret, even if one is published', async () => {
    const k = Buffer.alloc(32, 1);
    publish({ kty: 'oct', kid: '1', k: k.toString('base64url') });
    const shared = new SignJWT({ sub: 'alice' })
      .setProtectedHeader({ alg: 'HS256', kid: '1' })
      .sign(k);
    await expect(verifier().verify(await shared)).rejects.toThrow(InvalidToken);
  });
});

describe('rotation', () => {
  it('is noticed by the first token that names a new key', async () => {
    publish(jwk('1', first.publicKey));
    const tokens = verifier();
    await tokens.verify(await token('1', first.privateKey));

    publish(jwk('2', second.publicKey));
    const rotated = await token('2', second.privateKey);
    await expect(tokens.verify(rotated)).rejects.toThrow(InvalidToken);
    vi.setSystemTime(Date.now() + 10 * SECOND);
    expect(await tokens.verify(rotated)).toMatchObject({ userId: 'alice' });
    await expect(tokens.verify(await token('1', first.privateKey))).rejects.toThrow(InvalidToken);
  });

  it('is not fetched for every token with an unknown key id', async () => {
    publish(jwk('1', first.publicKey));
    const tokens = verifier();
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const invented = await token(`invented ${attempt}`, second.privateKey);
      await expect(tokens.verify(invented)).rejects.toThrow(InvalidToken);
    }
    expect(requests).toBe(1);
    for (let seconds = 0; seconds < 60; seconds += 1) {
      vi.setSystemTime(Date.now() + SECOND);
      const invented = await token(`invented in second ${seconds}`, second.privateKey);
      await expect(tokens.verify(invented)).rejects.toThrow(InvalidToken);
    }
    expect(requests).toBeLessThanOrEqual(7);
  });

  it('makes a withdrawn key useless after 10 minutes, without holding up a call', async () => {
    publish(jwk('1', first.publicKey));
    const tokens = verifier();
    const old = await token('1', first.privateKey);
    await tokens.verify(old);

    publish(jwk('2', second.publicKey));
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(await tokens.verify(old)).toBeDefined();
    await vi.waitFor(async () => {
      // A token that was just verified is cached for half a minute.
      vi.setSystemTime(Date.now() + 30 * SECOND);
      await expect(tokens.verify(old)).rejects.toThrow(InvalidToken);
    });
  });
});

const FAILURES: [string, () => void][] = [
  ['answers with an error', () => fail()],
  ['sends elsewhere', () => redirect()],
  ['sends no JSON', () => (answer = (_, response) => response.end('<html>'))],
  ['sends no key set', () => (answer = (_, response) => response.end('{"keys":1}'))],
  ['sends keys without end', () => flood()],
  ['breaks off', () => (answer = (_, response) => response.destroy())],
];

describe('an endpoint that is down', () => {
  it.each(FAILURES)('makes keys unavailable when it %s', async (_, breakIt) => {
    breakIt();
    const attempt = verifier().verify(await token('1', first.privateKey));
    await expect(attempt).rejects.toThrow(new KeysUnavailable());
    expect(requests).toBe(1);
  });

  it.each(FAILURES)('leaves known keys in use when it %s', async (_, breakIt) => {
    publish(jwk('1', first.publicKey));
    const tokens = verifier();
    await tokens.verify(await token('1', first.privateKey));
    breakIt();
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(await tokens.verify(await token('1', first.privateKey))).toBeDefined();
    await vi.waitFor(() => expect(Logger.prototype.warn).toHaveBeenCalledOnce(), 5 * SECOND);
    expect(await tokens.verify(await token('1', first.privateKey))).toBeDefined();
  });

  it('is read only up to the size limit of a key set', async () => {
    let sent = 0;
    const closed = new Promise<void>((resolve) => flood((bytes) => (sent += bytes), resolve));
    const attempt = verifier().verify(await token('1', first.privateKey));
    await expect(attempt).rejects.toThrow(KeysUnavailable);
    await closed;
    // This includes data in the buffers of the operating system.
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    expect(vi.mocked(Logger.prototype.warn).mock.calls[0]?.[0]).toMatch(/more than 1048576 bytes/);
  });

  it('makes keys unavailable when its server is down', async () => {
    server.close();
    const attempt = verifier().verify(await token('1', first.privateKey));
    await expect(attempt).rejects.toThrow(KeysUnavailable);
  });

  it('times out after 3 seconds without a response', async () => {
    hang();
    const attempt = verifier().verify(await token('1', first.privateKey));
    await expect(attempt).rejects.toThrow(KeysUnavailable);
  });

  it('times out as early if its response arrives byte by byte', async () => {
    answer = (_, response) => {
      const drip = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(drip));
    };
    const attempt = verifier().verify(await token('1', first.privateKey));
    await expect(attempt).rejects.toThrow(KeysUnavailable);
  });

  it('does not hold up the start', () => {
    hang();
    expect(new JwksKeys(url).onModuleInit()).toBeUndefined();
  });

  it('is fetched at most once per second after a failure, whatever the number of calls', async () => {
    fail();
    const tokens = verifier();
    const good = await token('1', first.privateKey);
    const failedAt = Date.now();
    for (const passed of [0, 0, 400, 800, 999]) {
      vi.setSystemTime(failedAt + passed);
      await expect(tokens.verify(good)).rejects.toThrow(KeysUnavailable);
    }
    expect(requests).toBe(1);

    publish(jwk('1', first.publicKey));
    await expect(tokens.verify(good)).rejects.toThrow(KeysUnavailable);
    vi.setSystemTime(failedAt + SECOND);
    expect(await tokens.verify(good)).toMatchObject({ userId: 'alice' });
  });

  it('leaves the keys that are known in use, for an hour', async () => {
    publish(jwk('1', first.publicKey));
    const tokens = verifier();
    const good = await token('1', first.privateKey);
    await tokens.verify(good);
    const fetchedAt = Date.now();

    fail();
    for (const minutes of [10, 20, 59]) {
      vi.setSystemTime(fetchedAt + minutes * MINUTE);
      expect(await tokens.verify(good), `after ${minutes} minutes`).toBeDefined();
      await vi.waitFor(() => expect(requests).toBeGreaterThan(1));
    }
    vi.setSystemTime(fetchedAt + 61 * MINUTE);
    await expect(tokens.verify(good)).rejects.toThrow(KeysUnavailable);
  });

  it('logs a failure and the recovery once each, without the secrets in its URL', async () => {
    fail();
    const keys = new JwksKeys(url);
    const tokens = new TokenVerifier(keys);
    const good = await token('1', first.privateKey);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(tokens.verify(good)).rejects.toThrow(KeysUnavailable);
      vi.setSystemTime(Date.now() + SECOND);
    }
    publish(jwk('1', first.publicKey));
    await tokens.verify(good);

    const warnings = vi.mocked(Logger.prototype.warn).mock.calls;
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.[0]).toMatch(
      /^Could not fetch keys from http:\/\/127\.0\.0\.1:\d+\/jwks: Expected 200 OK/,
    );
    await vi.waitFor(() => {
      expect(Logger.prototype.log).toHaveBeenCalledExactlyOnceWith(
        expect.stringMatching(/\/jwks returns keys again\.$/),
      );
    });
  });
});
