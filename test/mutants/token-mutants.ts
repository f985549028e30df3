import { mutant, type AccessMutant } from './mutant.js';

const REVOKE_RULE = 'src/domain/token-revocation.spec.ts';
const RECONCILE = 'src/domain/reconcile.spec.ts';
const REVOKED = 'src/revocation/store-token-revocations.spec.ts';
const READS = 'test/e2e/access-reads.e2e-spec.ts';
const HIDDEN = 'test/e2e/hidden-from.e2e-spec.ts';
const REVOCATION = 'test/e2e/token-revocation.e2e-spec.ts';

/** Tokens that grant too much, or outlive their revocation. */
export const tokenMutants: readonly AccessMutant[] = [
  mutant(
    'revoked tokens pass the guard',
    'api/auth.guard.ts',
    'this.revocations.assertValid(caller);',
    '',
    [REVOCATION, 'RevokeTokens refuses every call with an older token'],
  ),
  mutant(
    'streams begin with revoked tokens',
    'revocation/store-token-revocations.ts',
    'this.assertValid(caller);',
    '',
    [REVOKED, 'The revoked tokens cannot begin a stream'],
  ),
  mutant(
    'streams outlive the revocation of their token',
    'revocation/store-token-revocations.ts',
    'stream.end(tokenRevoked());',
    'void stream;',
    [REVOCATION, 'RevokeTokens ends the subscriptions of older tokens'],
  ),
  mutant(
    'sessions begin with revoked tokens',
    'domain/apply.ts',
    'if (isRevoked(input.token?.issuedAt, tokensValidFrom)) {',
    'if (false) {',
    [REVOKE_RULE, 'A revocation of tokens refuses a Connect'],
  ),
  mutant(
    'sessions outlive the revocation of their token',
    'domain/token-revocation.ts',
    'user.sessions.filter(({ tokenIssuedAt }) => isRevoked(tokenIssuedAt, validFrom))',
    'user.sessions.filter(() => false)',
    [REVOCATION, 'RevokeTokens ends the sessions of older tokens'],
  ),
  mutant(
    'tokens without a time of issue are never revoked',
    'domain/token-revocation.ts',
    'return issuedAt === undefined || issuedAt',
    'return issuedAt !== undefined && issuedAt',
    [REVOCATION, 'RevokeTokens counts a token without an issue time'],
  ),
  mutant(
    'a merge brings revoked sessions back',
    'domain/reconcile.ts',
    '.filter(({ tokenIssuedAt }) => !isRevoked(tokenIssuedAt, revocation))',
    '',
    [RECONCILE, 'A session whose token was revoked does not come back'],
  ),
  mutant(
    'all rights have the same digest',
    'auth/access.ts',
    'digestOf(seesEveryone ? undefined : groups, watched)',
    "'same'",
    [READS, 'With several customers in one deployment a page token is valid'],
  ),
  mutant(
    'every channel is granted',
    'auth/access.ts',
    "channelAccess === 'any' && join === undefined",
    'join === undefined',
    [
      READS,
      'In a community whose members see everyone, but not every channel a token without channels',
    ],
  ),
  mutant(
    'tokens without moderate watch all channels',
    'auth/access.ts',
    'patternsOf([watch, join, moderate])',
    'undefined',
    [READS, 'In a community whose members see everyone, but not every channel no response names'],
  ),
  mutant(
    'GetHiddenFrom has ended entries',
    'domain/access-rules.ts',
    '.filter(([, { endedAt }]) => endedAt === undefined)',
    '',
    [HIDDEN, 'A user who hides from a viewer keeps the list without a session'],
  ),
];
