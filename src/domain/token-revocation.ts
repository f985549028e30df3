import { accessRules } from './access-rules.js';
import { removeSession, type AppliedInput } from './session-transitions.js';
import { copyUser, type User } from './user.js';

/**
 * Whether a token is revoked. `issuedAt` is in seconds, rounded down; a token that does not say when it was issued counts as
 * older than every revocation.
 */
export function isRevoked(
  issuedAt: number | undefined,
  tokensValidFrom: number | undefined,
): boolean {
  if (tokensValidFrom === undefined) return false;
  return issuedAt === undefined || issuedAt * 1000 < tokensValidFrom;
}

/**
 * Ends the sessions of tokens that were issued before a time of the wall clock, also those within their grace, and refuses
 * such tokens from now on. A time before that of an earlier revocation changes nothing.
 */
export function revokeTokens(user: User, issuedBefore: number): AppliedInput {
  const cause = 'TOKEN_REVOKED';
  const { hiddenFrom, tokensValidFrom = 0 } = user.accessRules;
  const validFrom = Math.max(issuedBefore, tokensValidFrom);
  const revoked = user.sessions.filter(({ tokenIssuedAt }) => isRevoked(tokenIssuedAt, validFrom));
  if (revoked.length === 0 && validFrom === user.accessRules.tokensValidFrom) {
    return { facts: user, cause };
  }
  const facts = copyUser(
    revoked.reduce((rest, { sessionId }) => removeSession(rest, sessionId), user),
  );
  facts.accessRules = accessRules(hiddenFrom, validFrom);
  const live = revoked.filter(({ graceEndsAt }) => graceEndsAt === undefined);
  return { facts, cause, ended: live.map(({ sessionId }) => ({ sessionId, cause })) };
}

/** Forgets a revocation of tokens that were issued before `issuedBefore` or earlier. */
export function forgetRevocation(user: User, issuedBefore: number): AppliedInput {
  const cause = 'REQUESTED';
  const { hiddenFrom, tokensValidFrom } = user.accessRules;
  if (tokensValidFrom === undefined || tokensValidFrom > issuedBefore) {
    return { facts: user, cause };
  }
  const facts = copyUser(user);
  facts.accessRules = accessRules(hiddenFrom, undefined);
  return { facts, cause };
}
