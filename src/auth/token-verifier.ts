import { Interval } from '@nestjs/schedule';
import { errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose';
import type { Clock } from '../clock/clock.js';
import { LAST_SECOND } from '../clock/clock.js';
import { isIdentifier } from '../domain/identifier.js';
import { ChannelPatterns } from './channel-patterns.js';
import { ADMIN_SCOPE, type Principal } from './principal.js';
import { InvalidToken } from './invalid-token.js';
import { KeysUnavailable } from './keys-unavailable.js';
import type { VerificationKeys } from './verification-keys.js';
import { TokenCache } from './token-cache.js';

/** The claim with the grants of a token. */
const GRANTS_CLAIM = 'presence';
/** How far the clocks of issuer and server may differ. */
const LEEWAY_SECONDS = 5;
/** Longer tokens are rejected without a check. */
const MAX_TOKEN_CHARACTERS = 8_192;

/** The error code of jose for a malformed token. */
const NOT_COMPACT = 'ERR_JWS_INVALID';

/** How often expired tokens are removed from the cache, in milliseconds. */
const FORGET_EVERY_MS = 10_000;

/** The required values of the claims `iss` and `aud`. Undefined: not checked. */
interface Expected {
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/** The clocks of the verifier: the wall clock for times in tokens, the monotonic clock for the age of cached tokens. */
type TokenClock = Pick<Clock, 'wall' | 'monotonic'>;

const MACHINE: TokenClock = { wall: () => Date.now(), monotonic: () => performance.now() };

/** Verifies tokens and returns their principal. */
export class TokenVerifier {
  private readonly options: JWTVerifyOptions;
  private readonly verified = new TokenCache();

  constructor(
    private readonly keys: VerificationKeys,
    { issuer, audience }: Expected = {},
    private readonly clock: TokenClock = MACHINE,
  ) {
    this.options = {
      clockTolerance: LEEWAY_SECONDS,
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    };
  }

  /** The number of cached tokens. */
  get remembered(): number {
    return this.verified.size;
  }

  /** Returns the principal of a token that was verified recently. Undefined: the token has to be verified. */
  fromCache(token: string): Principal | undefined {
    return this.verified.callerOf(token, this.clock);
  }

  /** Returns the principal of a token. Throws `InvalidToken`, or `KeysUnavailable` if the keys cannot be fetched. */
  async verify(token: string): Promise<Principal> {
    const known = this.fromCache(token);
    if (known !== undefined) return known;
    const caller = await this.verifyAnew(token);
    this.verified.add(token, caller, this.clock.monotonic());
    return caller;
  }

  /** Removes expired tokens from the cache, even if no new calls arrive. */
  @Interval(FORGET_EVERY_MS)
  forgetOld(): void {
    this.verified.forgetOld(this.clock.monotonic());
  }

  private async verifyAnew(token: string): Promise<Principal> {
    if (token === '') throw new InvalidToken('no token');
    if (token.length > MAX_TOKEN_CHARACTERS) {
      throw new InvalidToken('token is not valid', 'too long');
    }
    if (!isCompactJws(token)) throw new InvalidToken('token is not valid', NOT_COMPACT);
    const {
      sub,
      scope,
      exp,
      [GRANTS_CLAIM]: grants,
    } = await this.claims(token).catch((error: unknown) => {
      throw error instanceof KeysUnavailable ? error : invalid(error);
    });
    if (!isIdentifier(sub))
      throw new InvalidToken('token is not valid', 'sub is not a valid user id');
    const { moderate } = grantsOf(grants);
    return { userId: sub, isAdmin: hasAdminScope(scope), moderate, expiresAt: expiryOf(exp) };
  }

  private async claims(token: string): Promise<JWTPayload> {
    // The keys can change, and with them their algorithms.
    const algorithms = [...this.keys.algorithms];
    const options = { ...this.options, algorithms, currentDate: new Date(this.clock.wall()) };
    try {
      return (await jwtVerify(token, this.keys.getKey, options)).payload;
    } catch (error) {
      // The token does not name its key, and several keys have the right type, so each of them is tried.
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      for await (const key of error) {
        const result = await jwtVerify(token, key, options).catch(unlessOnlyTheKeyIsWrong);
        if (result) return result.payload;
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }
}

/**
 * Whether a token has the exact form of RFC 7515: three parts of base64url without padding. The decoder of jose ignores
 * padding, spaces and surplus bits, so it would accept many spellings of one token.
 */
function isCompactJws(token: string): boolean {
  const parts = token.split('.');
  return (
    parts.length === 3 &&
    parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
  );
}

function unlessOnlyTheKeyIsWrong(error: unknown): undefined {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
}

/** Converts an error of jose. That error contains the claims, so it is not passed on, not even as a cause. */
function invalid(error: unknown): InvalidToken {
  if (error instanceof errors.JWTExpired) return new InvalidToken('token expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new InvalidToken('token is not valid', `${error.claim} ${error.reason}`);
  }
  const check =
    error instanceof errors.JOSEError ? error.code : 'the key does not match the algorithm';
  return new InvalidToken('token is not valid', check);
}

/** Returns the grants of a token. Throws `InvalidToken` if the claim is malformed. */
function grantsOf(claim: unknown): Pick<Principal, 'moderate'> {
  if (claim === undefined) return { moderate: ChannelPatterns.NONE };
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim))
    throw new InvalidToken('token is not valid: presence is not an object');
  const moderate = ChannelPatterns.from((claim as { readonly moderate?: unknown }).moderate);
  if (moderate !== undefined) return { moderate };
  throw new InvalidToken(
    'token is not valid: presence.moderate is not a list of at most 100 channel patterns',
  );
}

/** `scope` is a space-separated string (RFC 8693), or an array with some issuers. */
function hasAdminScope(scope: unknown): boolean {
  const scopes: unknown = typeof scope === 'string' ? scope.split(' ') : scope;
  return Array.isArray(scopes) && scopes.includes(ADMIN_SCOPE);
}

/**
 * Returns the first moment at which the verifier reports "token expired". Undefined: never. A time that no Timestamp
 * can hold, such as an `exp` in milliseconds or nanoseconds, also counts as never.
 */
function expiryOf(exp: number | undefined): number | undefined {
  if (exp === undefined) return undefined;
  const end = Math.ceil(exp) + LEEWAY_SECONDS;
  // JSON allows numbers that are too large, such as 1e999. JavaScript reads them as Infinity.
  return end <= LAST_SECOND ? end * 1_000 : undefined;
}
