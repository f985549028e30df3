import { Interval } from '@nestjs/schedule';
import { errors, type JWTPayload } from 'jose';
import type { Clock } from '../clock/clock.js';
import { LAST_SECOND } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { isIdentifier } from '../domain/identifier.js';
import { unrestrictedViewer } from '../domain/viewer.js';
import { accessOf, UNRESTRICTED } from './access.js';
import type { ClaimRules } from './claims.js';
import { GRANTS_CLAIM, grantsOf } from './grants.js';
import { ADMIN_SCOPE, type Principal } from './principal.js';
import { InvalidToken } from './invalid-token.js';
import { KeysUnavailable } from './keys-unavailable.js';
import { MAX_TOKEN_CHARACTERS } from './sign-token.js';
import type { VerificationKeys } from './verification-keys.js';
import { TokenCache } from './token-cache.js';
import { checkLifetime, LEEWAY_SECONDS } from './token-lifetime.js';

/** The error code of jose for a malformed token. */
const NOT_COMPACT = 'ERR_JWS_INVALID';

/** How often expired tokens are removed from the cache, in milliseconds. */
const FORGET_EVERY_MS = 10_000;

/** How a verifier reads tokens. */
interface Expected {
  /** The required values of the claims `iss` and `aud`. Undefined: not checked. */
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** The name of the claim with the grants. */
  readonly grantsClaim?: string;
  /** The access of a token without grants. */
  readonly access?: Config['access'];
  /** See `checkLifetime`. */
  readonly maxTokenLifetimeMs?: number | undefined;
}

/** The clocks of the verifier: the wall clock for times in tokens, the monotonic clock for the age of cached tokens. */
type TokenClock = Pick<Clock, 'wall' | 'monotonic'>;

const MACHINE: TokenClock = { wall: () => Date.now(), monotonic: () => performance.now() };

/** Verifies tokens and returns their principal. */
export class TokenVerifier {
  private readonly rules: Omit<ClaimRules, 'currentDate'>;
  private readonly grantsClaim: string;
  private readonly access: Config['access'];
  private readonly maxTokenLifetimeMs: number | undefined;
  private readonly verified = new TokenCache();

  constructor(
    private readonly keys: VerificationKeys,
    {
      issuer,
      audience,
      grantsClaim = GRANTS_CLAIM,
      access = UNRESTRICTED,
      maxTokenLifetimeMs,
    }: Expected = {},
    private readonly clock: TokenClock = MACHINE,
  ) {
    this.grantsClaim = grantsClaim;
    this.access = access;
    this.maxTokenLifetimeMs = maxTokenLifetimeMs;
    this.rules = {
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

  /** Returns the principal of a token. Fails with `InvalidToken`, or with `KeysUnavailable` if the keys cannot be fetched. */
  async verify(token: string): Promise<Principal> {
    return this.principalOf(token);
  }

  /** Like `verify`, but returns the principal, or throws, at once if the keys need no job of another thread. */
  principalOf(token: string): Principal | Promise<Principal> {
    const known = this.fromCache(token);
    if (known !== undefined) return known;
    checkForm(token);
    const claims = this.claims(token);
    return claims instanceof Promise
      ? claims.then((verified) => this.remember(token, verified))
      : this.remember(token, claims);
  }

  /** Removes expired tokens from the cache, even if no new calls arrive. */
  @Interval(FORGET_EVERY_MS)
  forgetOld(): void {
    this.verified.forgetOld(this.clock.monotonic());
  }

  private claims(token: string): JWTPayload | Promise<JWTPayload> {
    try {
      const currentDate = new Date(this.clock.wall());
      const claims = this.keys.verify(token, { ...this.rules, currentDate });
      return claims instanceof Promise ? claims.catch(rethrow) : claims;
    } catch (error) {
      rethrow(error);
    }
  }

  private remember(token: string, claims: JWTPayload): Principal {
    const caller = this.callerOf(claims);
    this.verified.add(token, caller, this.clock.monotonic());
    return caller;
  }

  private callerOf(claims: JWTPayload): Principal {
    const { sub, scope, iat, exp } = claims;
    if (!isIdentifier(sub))
      throw new InvalidToken('token is not valid', 'sub is not a valid user id');
    checkLifetime(claims, this.maxTokenLifetimeMs);
    const grants = grantsOf(claims[this.grantsClaim], this.grantsClaim);
    const isAdmin = hasAdminScope(scope);
    return {
      userId: sub,
      isAdmin,
      moderate: grants.moderate,
      groups: grants.groups,
      isWatchOnly: grants.isWatchOnly,
      ...(isAdmin
        ? { mayJoin: undefined, joinRights: undefined, viewer: unrestrictedViewer(sub) }
        : accessOf(sub, grants, this.access)),
      issuedAt: issueTimeOf(iat),
      expiresAt: expiryOf(exp),
    };
  }
}

/** A text in base64url without padding, whose last letter has no surplus bits. */
const BASE64URL = '(?:[\\w-]{4})*(?:[\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])?';

/**
 * The exact form of RFC 7515: three parts of base64url. The decoders ignore padding, spaces and surplus bits, so they
 * would accept many spellings of one token.
 */
const COMPACT_JWS = new RegExp(`^${BASE64URL}\\.${BASE64URL}\\.${BASE64URL}$`);

/** Throws if a text is no token that any key could have signed. */
function checkForm(token: string): void {
  if (token === '') throw new InvalidToken('no token');
  if (token.length > MAX_TOKEN_CHARACTERS) throw new InvalidToken('token is not valid', 'too long');
  if (!COMPACT_JWS.test(token)) throw new InvalidToken('token is not valid', NOT_COMPACT);
}

function rethrow(error: unknown): never {
  throw error instanceof KeysUnavailable ? error : invalid(error);
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

/** A time that no Timestamp can hold, such as an `iat` in milliseconds, does not say when the token was issued. */
function issueTimeOf(iat: number | undefined): number | undefined {
  return iat !== undefined && Math.abs(iat) <= LAST_SECOND ? Math.floor(iat) : undefined;
}
