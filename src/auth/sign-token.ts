import { SignJWT } from 'jose';
import { GRANTS_CLAIM, type GrantsClaim } from './grants.js';
import { ADMIN_SCOPE } from './principal.js';

/** The service rejects longer tokens without a check. */
export const MAX_TOKEN_CHARACTERS = 8_192;

/** The parameters of `signToken`. */
export interface TokenRequest {
  /** The key, in the form of AUTH_JWT_SECRET. */
  readonly key: string;
  readonly userId: string;
  /** Whether the token contains the scope that allows naming other users. */
  readonly isAdmin?: boolean | undefined;
  /** Undefined: the token has no claim with grants. */
  readonly grants?: GrantsClaim | undefined;
  /** The name of that claim. */
  readonly grantsClaim?: string | undefined;
  readonly ttlSeconds: number;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** The time of issue, in milliseconds since the epoch. */
  readonly now?: number | undefined;
}

/** Signs a token with HS256, for development, for tests and for systems that share a secret with this service. */
export async function signToken(request: TokenRequest): Promise<string> {
  const {
    key,
    userId,
    isAdmin = false,
    grants,
    grantsClaim = GRANTS_CLAIM,
    ttlSeconds,
    issuer,
    audience,
    now = Date.now(),
  } = request;
  const issuedAt = Math.floor(now / 1_000);
  const token = new SignJWT({
    ...(isAdmin && { scope: ADMIN_SCOPE }),
    ...(grants !== undefined && { [grantsClaim]: grants }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttlSeconds);
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(Buffer.from(key));
}
