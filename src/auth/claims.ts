import { errors, type JWTPayload } from 'jose';

/** The claims that a token must have. It is part of the options of jose. */
export interface ClaimRules {
  /** The required values of the claims `iss` and `aud`. Undefined: not checked. */
  readonly issuer?: string;
  readonly audience?: string;
  /** The maximum difference between the clocks of the issuer and the server, in seconds. */
  readonly clockTolerance: number;
  readonly currentDate: Date;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the payload of a token whose signature has been verified, and checks its claims (RFC 7519, section 4.1) with the
 * same result and the same errors as jose, which checks claims only together with a signature of its own.
 */
export function claimsOf(payload: string, rules: ClaimRules): JWTPayload {
  const claims = parse(payload);
  checkIssuer(claims, rules);
  const now = Math.floor(rules.currentDate.getTime() / 1000);
  timeOf(claims, 'iat');
  const notBefore = timeOf(claims, 'nbf');
  if (notBefore !== undefined && notBefore > now + rules.clockTolerance)
    throw wrong(claims, 'nbf', 'check_failed');
  const end = timeOf(claims, 'exp');
  if (end !== undefined && end <= now - rules.clockTolerance)
    throw new errors.JWTExpired('token expired', claims, 'exp', 'check_failed');
  return claims;
}

function parse(payload: string): JWTPayload {
  let claims: unknown;
  try {
    claims = JSON.parse(UTF_8.decode(Buffer.from(payload, 'base64url')));
  } catch {
    throw new errors.JWTInvalid();
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new errors.JWTInvalid();
  return claims as JWTPayload;
}

function checkIssuer(claims: JWTPayload, { issuer, audience }: ClaimRules): void {
  if (issuer !== undefined && !Object.hasOwn(claims, 'iss')) throw wrong(claims, 'iss', 'missing');
  if (audience !== undefined && !Object.hasOwn(claims, 'aud'))
    throw wrong(claims, 'aud', 'missing');
  if (issuer !== undefined && claims.iss !== issuer) throw wrong(claims, 'iss', 'check_failed');
  if (audience !== undefined && !isAudience(claims.aud, audience))
    throw wrong(claims, 'aud', 'check_failed');
}

function isAudience(claim: unknown, audience: string): boolean {
  return Array.isArray(claim) ? claim.includes(audience) : claim === audience;
}

/** Returns a time in seconds. Undefined: the token does not have this claim. */
function timeOf(claims: JWTPayload, claim: 'iat' | 'nbf' | 'exp'): number | undefined {
  const time: unknown = claims[claim];
  if (time === undefined || typeof time === 'number') return time;
  throw wrong(claims, claim, 'invalid');
}

function wrong(claims: JWTPayload, claim: string, reason: string): errors.JWTClaimValidationFailed {
  return new errors.JWTClaimValidationFailed('a claim is not valid', claims, claim, reason);
}
