import { hasLaterChoice, mergeChoices } from './choices.js';
import { hasLeftSince, isSame, membershipsOf, setMemberships } from './memberships.js';
import type { Policy } from './policy.js';
import { derivePresence } from './step.js';
import { copyUser, type Draft, type Membership, type Session, type User } from './user.js';

/**
 * Merges what a node knows of a user with what is stored, after Redis may have lost commits: it was emptied, or a
 * failover promoted a copy that lagged behind. The newer state wins, and for each kind of choice the last command. For
 * its own sessions the node is right, because it holds their streams. Returns `stored` itself if nothing has to be
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
  const sessions = [
    ...base.sessions.filter((session) => session.node !== node),
    ...known.sessions.filter((session) => session.node === node),
  ];
  if (haveSameIds(sessions, base.sessions) && !hasLaterChoice(other, base)) return base;
  sessions.sort((a, b) => a.connectedAt - b.connectedAt);
  const facts = copyUser(base);
  facts.sessions = sessions;
  mergeMemberships(facts, base, other, known);
  mergeChoices(facts, other);
  return derivePresence(facts, base, now, policy);
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
    (each) =>
      !kept.some((membership) => isSame(membership, each)) &&
      !hasLeftSince(later, each.channelId, version),
  );
  setMemberships(facts, [...regained, ...kept]);
}

function haveSameIds(a: readonly Session[], b: readonly Session[]): boolean {
  const ids = new Set(b.map(({ sessionId }) => sessionId));
  return a.length === b.length && a.every(({ sessionId }) => ids.has(sessionId));
}
