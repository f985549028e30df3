import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { SignJWT } from 'jose';
import { onTestFinished, vi } from 'vitest';
import { JwksKeys } from '../../src/auth/jwks-keys.js';
import { TokenVerifier } from '../../src/auth/token-verifier.js';

export const first = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const second = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** An identity provider that publishes its keys at a URL, until the end of the test. */
export class IdentityProvider {
  /** The number of requests that it has received. */
  requests = 0;

  /** Handles the requests, for example with an error. */
  answer: RequestListener = () => undefined;

  /** The URL of its key set. It contains a secret. */
  url = '';

  private readonly server = createServer((request, response) => {
    this.requests += 1;
    this.answer(request, response);
  });

  /**
   * Starts an identity provider. The date and the monotonic clock stand still from then on, and no
   * log entry is written.
   */
  static async start(): Promise<IdentityProvider> {
    // Only the clocks are fake: sockets need real timers.
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    vi.spyOn(Logger.prototype, 'log').mockReturnValue();
    const provider = new IdentityProvider();
    await new Promise<void>((listening) => {
      provider.server.listen(0, '127.0.0.1', listening);
    });
    const { port } = provider.server.address() as AddressInfo;
    provider.url = `http://127.0.0.1:${port}/jwks?key=hunter2`;
    onTestFinished(async () => {
      vi.useRealTimers();
      vi.restoreAllMocks();
      await provider.stop();
    });
    return provider;
  }

  publish(...keys: readonly object[]): void {
    this.answer = (_, response) => response.end(JSON.stringify({ keys }));
  }

  /** Responds with an error from now on. */
  fail(): void {
    this.answer = (_, response) => response.writeHead(500).end('hunter2');
  }

  /** Redirects to a path that serves the correct keys. */
  redirect(): void {
    this.answer = ({ url: path = '' }, response) => {
      if (path !== '/elsewhere') response.writeHead(302, { location: '/elsewhere' }).end();
      else response.end(JSON.stringify({ keys: [jwk('1', first.publicKey)] }));
    };
  }

  /**
   * Sends white space, which is valid at the start of JSON, until the client closes the connection.
   */
  flood(onSent: (bytes: number) => void = () => {}, onClosed = () => {}): void {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    this.answer = (_, response) => {
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

  /** Never responds. */
  hang(): void {
    this.answer = () => undefined;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  verifier(): TokenVerifier {
    return new TokenVerifier(new JwksKeys(this.url));
  }
}

export function jwk(kid: string | undefined, key: KeyObject, more: object = {}): object {
  return { ...key.export({ format: 'jwk' }), kid, ...more };
}

/** Signs a token of alice that names the key `kid`. */
export function tokenSignedBy(
  key: KeyObject,
  kid: string | undefined,
  alg = 'ES256',
): Promise<string> {
  const header = kid === undefined ? { alg } : { alg, kid };
  return new SignJWT({ sub: 'alice' }).setProtectedHeader(header).sign(key);
}
