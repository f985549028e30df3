import type { JWTPayload } from 'jose';
import { LAST_SECOND } from '../clock/clock.js';
import { InvalidToken } from './invalid-token.js';

/** How far the clocks of issuer and server may differ. */
export const LEEWAY_SECONDS = 5;

/**
 * The longest time in milliseconds for which a token is accepted after its lifetime: the leeway, and one second for each of
 * the two times, which are rounded to seconds.
 */
export const MAX_OVERTIME_MS = (LEEWAY_SECONDS + 2) * 1000;

/**
 * Throws `InvalidToken` if a token is valid for longer than `maxMs` from its issue, or has no `iat` or `exp`.
 * Undefined: every lifetime is allowed.
 */
export function checkLifetime(
  { iat, exp }: Pick<JWTPayload, 'iat' | 'exp'>,
  maxMs: number | undefined,
): void {
  if (maxMs === undefined) return;
  // An `iat` in milliseconds is not valid, and would make any lifetime appear short.
  if (iat === undefined || iat > LAST_SECOND)
    throw invalidLifetime('iat is missing, or not in seconds');
  if (exp === undefined) throw invalidLifetime('exp is missing');
  if (!((exp - iat) * 1000 <= maxMs)) throw invalidLifetime('it is valid for too long');
}

function invalidLifetime(detail: string): InvalidToken {
  return new InvalidToken('token is not valid', detail, detail);
}
