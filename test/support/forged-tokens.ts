import { createHmac } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { expect } from 'vitest';
import { createVerificationKeys } from '../../src/auth/create-verification-keys.js';
import { InvalidToken } from '../../src/auth/invalid-token.js';
import type { Principal } from '../../src/auth/principal.js';
import { TokenVerifier } from '../../src/auth/token-verifier.js';
import { ManualClock } from './manual-clock.js';

/** The secret of the tokens below, and the time at which they are checked. */
export const SECRET = 'correct-horse-battery-staple-at-length';
export const NOW = Date.UTC(2026, 10, 24, 12);

export const keys = await createVerificationKeys({ secrets: [SECRET] });

export function verify(token: string, expected = {}, now = NOW): Promise<Principal> {
  return new TokenVerifier(keys, expected, new ManualClock(now)).verify(token);
}

/** Signs a token correctly, with any claims. */
export function token(
  claims: JWTPayload,
  { alg = 'HS256', secret = SECRET } = {},
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(Buffer.from(secret));
}

/** Assembles a token by hand, as an attacker would, from header, payload and signature. */
export function forged(header: object, payload: string, secret = SECRET): string {
  const body = [JSON.stringify(header), payload]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/** Returns the error of a verification that must fail. */
export async function rejection(attempt: Promise<unknown>): Promise<InvalidToken> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InvalidToken);
  return error as InvalidToken;
}
