import type { Policy } from './policy.js';
import { look } from './step.js';
import type { Session, User } from './user.js';

/**
 * Makes one user of what a node knows and what is stored, where storage may have lost what was committed: it was
 * emptied, or is a copy that lagged behind. What was seen last wins. Of its own sessions the node knows best: it holds
 * their streams.
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
  const sessions = [
    ...base.sessions.filter((session) => session.node !== node),
    ...known.sessions.filter((session) => session.node === node),
  ];
  if (haveSameIds(sessions, base.sessions)) return base;
  const isHeld = ({ channel }: User): boolean =>
    sessions.some(({ sessionId }) => sessionId === channel?.sessionId);
  const { channel } = [base, known].find(isHeld) ?? { channel: undefined };
  sessions.sort((a, b) => a.connectedAt - b.connectedAt);
  return look({ ...base, sessions, channel }, base, now, policy);
}

function haveSameIds(a: readonly Session[], b: readonly Session[]): boolean {
  const ids = new Set(b.map(({ sessionId }) => sessionId));
  return a.length === b.length && a.every(({ sessionId }) => ids.has(sessionId));
}
