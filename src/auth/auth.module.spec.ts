import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { ClockModule } from '../clock/clock.module.js';
import { readConfig } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { ConfigModule } from '../config/config.module.js';
import { AuthModule } from './auth.module.js';
import { InvalidToken } from './invalid-token.js';
import { signToken } from './sign-token.js';
import { TokenVerifier } from './token-verifier.js';

const SECRET = 'correct-horse-battery-staple-at-length';

let app: TestingModule | undefined;

beforeEach(() => {
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
});

afterEach(async () => {
  await app?.close();
  app = undefined;
  vi.restoreAllMocks();
});

async function start(env: NodeJS.ProcessEnv): Promise<TokenVerifier> {
  const imports = [ConfigModule.forRoot(readConfig(env)), ClockModule, AuthModule];
  app = await Test.createTestingModule({ imports }).compile();
  await app.init();
  return app.get(TokenVerifier);
}

function warnings(): string {
  return vi.mocked(Logger.prototype.warn).mock.calls.join('\n');
}

describe('AuthModule', () => {
  it('verifies tokens with the configured key and logs nothing', async () => {
    const issuer = 'https://id.example/';
    const verifier = await start({ AUTH_JWT_SECRET: SECRET, AUTH_JWT_ISSUER: issuer });
    const request = { key: SECRET, userId: 'alice', ttlSeconds: 60 };

    expect(await verifier.verify(await signToken({ ...request, issuer }))).toMatchObject({
      userId: 'alice',
    });
    await expect(verifier.verify(await signToken(request))).rejects.toThrow(InvalidToken);
    expect(warnings()).toBe('');
  });

  it('without a key makes one, and warns in one line with a token that works', async () => {
    const verifier = await start({ AUTH_JWT_ISSUER: 'me', AUTH_JWT_AUDIENCE: 'presence' });
    expect(Logger.prototype.warn).toHaveBeenCalledOnce();
    expect(warnings()).not.toContain('\n');

    const [token = ''] = /\S+$/.exec(warnings()) ?? [];
    const { userId, isAdmin, expiresAt = 0 } = await verifier.verify(token);
    expect({ userId, isAdmin }).toEqual({ userId: 'alice', isAdmin: false });
    expect((expiresAt - Date.now()) / 3_600_000).toBeCloseTo(24, 1);
  });

  it('makes another key each time', async () => {
    await start({});
    const [token = ''] = /\S+$/.exec(warnings()) ?? [];
    await app?.close();
    await expect((await start({})).verify(token)).rejects.toThrow(InvalidToken);
  });

  it('does not start with a public key file that cannot be read', async () => {
    const attempt = start({ AUTH_JWT_PUBLIC_KEY_FILE: 'no-such-file.pem' });
    await expect(attempt).rejects.toThrow(ConfigError);
  });

  it('starts at once when the key set is unreachable, and fetches it before the first token', async () => {
    const asked = vi.fn();
    const server = createServer(asked);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;

    await start({ AUTH_JWKS_URL: `http://127.0.0.1:${port}/` });

    await eventually(() => asked.mock.calls.length, 1);
    server.closeAllConnections();
    server.close();
  });
});
