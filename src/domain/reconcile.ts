import { hasLaterChoice, mergeChoices } from './choices.js';
import type { Policy } from './policy.js';
import { derivePresence } from './step.js';
import { copyUser, type Session, type User } from './user.js';

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
  facts.channel = channelOf(base, other, known, sessions);
  mergeChoices(facts, other);
  return derivePresence(facts, base, now, policy);
}

/** Returns the channel after the last join or leave, if the session that holds it still counts. */
function channelOf(
  base: User,
  other: User,
  known: User,
  sessions: readonly Session[],
): User['channel'] {
  const isHeld = ({ channel }: User): boolean =>
    sessions.some(({ sessionId }) => sessionId === channel?.sessionId);
  const [a, b] = [base.choiceVersions.channel ?? 0, other.choiceVersions.channel ?? 0];
  const candidates = a === b ? [base, known] : [a > b ? base : other];
  return candidates.find(isHeld)?.channel;
}

function haveSameIds(a: readonly Session[], b: readonly Session[]): boolean {
  const ids = new Set(b.map(({ sessionId }) => sessionId));
  return a.length === b.length && a.every(({ sessionId }) => ids.has(sessionId));
}
