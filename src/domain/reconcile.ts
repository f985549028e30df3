import { accessRules, haveSameRules } from './access-rules.js';
import { setVersion } from './choice-versions.js';
import { hasLaterChoice, mergeChoices } from './choices.js';
import { rulesAfterCommit } from './hiding.js';
import { hasLeftSince, membershipsOf, setMemberships, withRegained } from './memberships.js';
import type { Policy } from './policy.js';
import { derivePresence } from './step.js';
import { isRevoked } from './token-revocation.js';
import {
  copySession,
  copyUser,
  type Draft,
  type Membership,
  type Session,
  type User,
} from './user.js';

/**
 * Merges the user that a node holds with the stored user, after Redis may have lost commits: it was emptied, or a
 * failover promoted a replica that lagged. The newer state wins, and for each kind of choice the last command. The sessions
 * of this node are taken from the node, because it holds their streams. Returns `stored` itself if nothing has to be
 * corrected.
 */
export function reconcile(
  known: User,
  stored: User,
  node: string,
  now: number,
  policy: Policy,
): User {
  const base = known.own.version > stored.own.version ? known : stored;
  const other = base === known ? stored : known;
  const revocation = laterRevocation(base, other);
  const sessions = [
    ...base.sessions.filter((session) => session.node !== node),
    ...known.sessions.filter((session) => session.node === node),
  ].filter(({ tokenIssuedAt }) => !isRevoked(tokenIssuedAt, revocation));
  const isUnchanged =
    haveSameIds(sessions, base.sessions) && revocation === base.accessRules.tokensValidFrom;
  if (isUnchanged && !hasLaterChoice(other, base)) return base;
  sessions.sort((a, b) => a.connectedAt - b.connectedAt);
  const facts = copyUser(base);
  facts.sessions = sessions;
  mergeMemberships(facts, base, other, known);
  mergeChoices(facts, other);
  facts.accessRules = accessRules(facts.accessRules.hiddenFrom, revocation);
  return derivePresence(facts, base, now, policy);
}

/**
 * Returns the stored user with the data of tokens and the access rules that a node of a version without them has dropped
 * from the record. Returns `stored` itself if nothing is missing.
 */
export function keepAccess(known: User, stored: User, now: number): User {
  const sessions = keepTokens(known.sessions, stored.sessions);
  const revocation = laterRevocation(stored, known);
  const hiding = known.choiceVersions.hiding ?? 0;
  const hasHiding = hiding <= (stored.choiceVersions.hiding ?? 0);
  const isComplete =
    sessions === stored.sessions && revocation === stored.accessRules.tokensValidFrom;
  if (hasHiding && isComplete) return stored;
  const user = copyUser(stored);
  user.sessions = sessions;
  const { hiddenFrom } = hasHiding ? stored.accessRules : known.accessRules;
  // The node that dropped the rules did not apply `rulesAfterCommit` to its commit.
  user.accessRules = rulesAfterCommit(
    accessRules(hiddenFrom, revocation),
    known.shown,
    stored.shown,
    now,
  );
  if (!hasHiding) setVersion(user, 'hiding', hiding);
  return user;
}

/** The facts that a session has from its token never change, so those known of the same session are right. */
function keepTokens(known: readonly Session[], stored: readonly Session[]): readonly Session[] {
  if (known === stored || !known.some(hasToken)) return stored;
  const kept = stored.map((session) => {
    const same = known.find(({ sessionId }) => sessionId === session.sessionId);
    if (same === undefined || hasToken(session) || !hasToken(same)) return session;
    const copy = copySession(session);
    copy.groups = same.groups;
    copy.tokenIssuedAt = same.tokenIssuedAt;
    copy.joinRights = same.joinRights;
    return copy;
  });
  return kept.some((session, nth) => session !== stored[nth]) ? kept : stored;
}

function hasToken({ groups, tokenIssuedAt, joinRights }: Session): boolean {
  return groups.length > 0 || tokenIssuedAt !== undefined || joinRights !== undefined;
}

function laterRevocation({ accessRules: a }: User, { accessRules: b }: User): number | undefined {
  if (a.tokensValidFrom === undefined || b.tokensValidFrom === undefined)
    return a.tokensValidFrom ?? b.tokensValidFrom;
  return Math.max(a.tokensValidFrom, b.tokensValidFrom);
}

/** Returns the stored user with the access rules of the known one if they are equal, so that most commits keep the object. */
export function withKnownRules({ accessRules: known }: User, stored: User): User {
  if (stored.accessRules === known || !haveSameRules(stored.accessRules, known)) return stored;
  const user = copyUser(stored);
  user.accessRules = known;
  return user;
}

/** Sets the memberships after the last join or leave, as far as the sessions that hold them still count. */
function mergeMemberships(facts: Draft<User>, base: User, other: User, known: User): void {
  const counted = new Set(facts.sessions.map(({ sessionId }) => sessionId));
  const heldIn = (user: User): readonly Membership[] =>
    membershipsOf(user).filter(({ sessionId }) => counted.has(sessionId));
  const [a, b] = [base.choiceVersions.channel ?? 0, other.choiceVersions.channel ?? 0];
  const later = b > a ? other : base;
  const earlier = later === base ? other : base;
  facts.channelHistory = later.channelHistory;
  if (later.channelHistory === undefined) {
    // The user is in one channel at most. After the same command, one of the two may not know its session yet.
    const candidates = a === b ? [heldIn(base), heldIn(known)] : [heldIn(later)];
    setMemberships(facts, candidates.find((held) => held.length > 0) ?? []);
    return;
  }
  const kept = heldIn(later);
  const version = earlier.choiceVersions.channel ?? 0;
  const regained = heldIn(earlier).filter(
    ({ channelId }) => !hasLeftSince(later, channelId, version),
  );
  setMemberships(facts, withRegained(kept, regained));
}

function haveSameIds(a: readonly Session[], b: readonly Session[]): boolean {
  const ids = new Set(b.map(({ sessionId }) => sessionId));
  return a.length === b.length && a.every(({ sessionId }) => ids.has(sessionId));
}
