import { hasLaterChoice, mergeChoices } from './choices.js';
import type { Policy } from './policy.js';
import { derivePresence } from './step.js';
import { copyUser, type Session, type User } from './user.js';

/**
 * Makes one user of what a node knows and what is stored, where storage may have lost what was committed: it was
 * emptied, or is a copy that lagged behind. What was seen last wins, and of what the user chose the last command of each
 * kind. Of its own sessions the node knows best: it holds their streams.
 * Returns `stored` itself when there is nothing to put right.
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

/** Where the last join or leave has taken the user, if the session that holds the channel still counts. */
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
