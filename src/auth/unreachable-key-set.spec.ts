import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import {
  first,
  IdentityProvider,
  jwk,
  tokenSignedBy,
} from '../../test/support/identity-provider.js';
import { JwksKeys } from './jwks-keys.js';
import { KeysUnavailable } from './keys-unavailable.js';
import { TokenVerifier } from './token-verifier.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let provider: IdentityProvider;

beforeEach(async () => {
  provider = await IdentityProvider.start();
});

const FAILURES: [string, () => void][] = [
  ['answers with an error', () => provider.fail()],
  ['sends elsewhere', () => provider.redirect()],
  ['sends no JSON', () => (provider.answer = (_, response) => response.end('<html>'))],
  ['sends no key set', () => (provider.answer = (_, response) => response.end('{"keys":1}'))],
  ['sends keys without end', () => provider.flood()],
  ['breaks off', () => (provider.answer = (_, response) => response.destroy())],
];

describe('an endpoint that is down', () => {
  it.each(FAILURES)('makes keys unavailable when it %s', async (_, breakIt) => {
    breakIt();
    const attempt = provider.verifier().verify(await tokenSignedBy(first.privateKey, '1'));
    await expect(attempt).rejects.toThrow(new KeysUnavailable());
    expect(provider.requests).toBe(1);
  });

  it.each(FAILURES)('leaves known keys in use when it %s', async (_, breakIt) => {
    provider.publish(jwk('1', first.publicKey));
    const tokens = provider.verifier();
    await tokens.verify(await tokenSignedBy(first.privateKey, '1'));
    breakIt();
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(await tokens.verify(await tokenSignedBy(first.privateKey, '1'))).toBeDefined();
    await eventually(() => vi.mocked(Logger.prototype.warn).mock.calls.length, 1);
    expect(await tokens.verify(await tokenSignedBy(first.privateKey, '1'))).toBeDefined();
  });

  it('is read only up to the size limit of a key set', async () => {
    let sent = 0;
    const closed = new Promise<void>((resolve) =>
      provider.flood((bytes) => (sent += bytes), resolve),
    );
    const attempt = provider.verifier().verify(await tokenSignedBy(first.privateKey, '1'));
    await expect(attempt).rejects.toThrow(KeysUnavailable);
    await closed;
    // This includes data in the buffers of the operating system.
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    expect(vi.mocked(Logger.prototype.warn).mock.calls[0]?.[0]).toMatch(/more than 1048576 bytes/);
  });

  it('makes keys unavailable when its server is down', async () => {
    await provider.stop();
    const attempt = provider.verifier().verify(await tokenSignedBy(first.privateKey, '1'));
    await expect(attempt).rejects.toThrow(KeysUnavailable);
  });

  it('times out after 3 seconds without a response', async () => {
    provider.hang();
    const attempt = provider.verifier().verify(await tokenSignedBy(first.privateKey, '1'));
    await expect(attempt).rejects.toThrow(KeysUnavailable);
  });

  it('times out as early if its response arrives byte by byte', async () => {
    provider.answer = (_, response) => {
      const drip = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(drip));
    };
    const attempt = provider.verifier().verify(await tokenSignedBy(first.privateKey, '1'));
    await expect(attempt).rejects.toThrow(KeysUnavailable);
  });

  it('does not hold up the start', () => {
    provider.hang();
    expect(new JwksKeys(provider.url).onModuleInit()).toBeUndefined();
  });

  it('is fetched at most once per second after a failure, whatever the number of calls', async () => {
    provider.fail();
    const tokens = provider.verifier();
    const good = await tokenSignedBy(first.privateKey, '1');
    const failedAt = Date.now();
    for (const passed of [0, 0, 400, 800, 999]) {
      vi.setSystemTime(failedAt + passed);
      await expect(tokens.verify(good)).rejects.toThrow(KeysUnavailable);
    }
    expect(provider.requests).toBe(1);

    provider.publish(jwk('1', first.publicKey));
    await expect(tokens.verify(good)).rejects.toThrow(KeysUnavailable);
    vi.setSystemTime(failedAt + SECOND);
    expect(await tokens.verify(good)).toMatchObject({ userId: 'alice' });
  });

  it('leaves the keys that are known in use, for an hour', async () => {
    provider.publish(jwk('1', first.publicKey));
    const tokens = provider.verifier();
    const good = await tokenSignedBy(first.privateKey, '1');
    await tokens.verify(good);
    const fetchedAt = Date.now();

    provider.fail();
    for (const minutes of [10, 20, 59]) {
      vi.setSystemTime(fetchedAt + minutes * MINUTE);
      expect(await tokens.verify(good), `after ${minutes} minutes`).toBeDefined();
      await eventually(() => provider.requests > 1, true);
    }
    vi.setSystemTime(fetchedAt + 61 * MINUTE);
    await expect(tokens.verify(good)).rejects.toThrow(KeysUnavailable);
  });

  it('logs a failure and the recovery once each, without the secrets in its URL', async () => {
    provider.fail();
    const keys = new JwksKeys(provider.url);
    const tokens = new TokenVerifier(keys);
    const good = await tokenSignedBy(first.privateKey, '1');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(tokens.verify(good)).rejects.toThrow(KeysUnavailable);
      vi.setSystemTime(Date.now() + SECOND);
    }
    provider.publish(jwk('1', first.publicKey));
    await tokens.verify(good);

    const warnings = vi.mocked(Logger.prototype.warn).mock.calls;
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.[0]).toMatch(
      /^Could not fetch keys from http:\/\/127\.0\.0\.1:\d+\/jwks: Expected 200 OK/,
    );
    await eventually(
      () => vi.mocked(Logger.prototype.log).mock.calls,
      [[expect.stringMatching(/\/jwks returns keys again\.$/)]],
    );
  });
});
