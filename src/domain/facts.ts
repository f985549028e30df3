import type { Reason } from './event.js';
import type { EndCause } from './input.js';
import type { Policy } from './policy.js';
import { Refusal } from './refusal.js';
import { liveSessions, type Session, type User } from './user.js';

/** What an input did to the facts of a user, before anybody has looked at the result. */
export interface Outcome {
  /** The user with new facts; `own` and `shown` are still the old ones. The very same user: nothing happened. */
  readonly facts: User;
  readonly cause: Reason;
  readonly ended?: readonly EndedSession[];
}

/** A session that has just stopped being live. */
export interface EndedSession {
  readonly sessionId: string;
  readonly cause: EndCause;
}

/** The user after an action on a live session, which is a sign of life, too. */
export function act(user: User, sessionId: string, now: number, policy: Policy): User {
  const session = requireLive(user, sessionId);
  return replace(user, {
    ...session,
    // The clock of a machine may step back; an activity never makes a session older.
    lastActiveAt: Math.max(session.lastActiveAt, now),
    heartbeatDueAt: heartbeatDue(session, now, policy),
  });
}

/** The user after a sign of life on a live session, which is no activity. */
export function alive(user: User, sessionId: string, now: number, policy: Policy): User {
  const session = requireLive(user, sessionId);
  if (session.heartbeatDueAt === undefined) return user;
  return replace(user, { ...session, heartbeatDueAt: heartbeatDue(session, now, policy) });
}

function heartbeatDue(session: Session, now: number, policy: Policy): number | undefined {
  return session.heartbeatDueAt === undefined ? undefined : now + policy.heartbeatTimeoutMs;
}

/** Ends a live session: a lost one goes on to count for the grace, any other is gone at once. */
export function end(
  user: User,
  sessionId: string,
  cause: EndCause,
  now: number,
  policy: Policy,
): Outcome {
  const session = findLive(user, sessionId);
  if (session === undefined) return { facts: user, cause };
  const ended = [{ sessionId, cause }];
  const isLost = cause === 'CONNECTION_LOST' || cause === 'NODE_LOST';
  if (!isLost || policy.reconnectGraceMs === 0) {
    return { facts: remove(user, sessionId), cause, ended };
  }
  const graceEndsAt = now + policy.reconnectGraceMs;
  return { facts: replace(user, { ...session, graceEndsAt }), cause, ended };
}

/** Ends every live session of a node that is gone. */
export function endAll(user: User, node: string, now: number, policy: Policy): Outcome {
  const cause = 'NODE_LOST';
  const gone = liveSessions(user).filter((session) => session.node === node);
  const facts = gone.reduce(
    (rest, { sessionId }) => end(rest, sessionId, cause, now, policy).facts,
    user,
  );
  return { facts, cause, ended: gone.map(({ sessionId }) => ({ sessionId, cause })) };
}

/** Takes a session away, and the user out of the channel it held. */
export function remove(user: User, sessionId: string): User {
  return {
    ...user,
    sessions: user.sessions.filter((session) => session.sessionId !== sessionId),
    channel: user.channel?.sessionId === sessionId ? undefined : user.channel,
  };
}

/** The live session of that id, or the refusal that the caller is given. */
function requireLive(user: User, sessionId: string): Session {
  const session = findLive(user, sessionId);
  if (session === undefined) {
    throw new Refusal(
      'SESSION_NOT_FOUND',
      'there is no such live session; begin a new one with Connect',
      'session_id',
    );
  }
  return session;
}

function findLive(user: User, sessionId: string): Session | undefined {
  return user.sessions.find(
    (session) => session.sessionId === sessionId && session.graceEndsAt === undefined,
  );
}

function replace(user: User, changed: Session): User {
  const sessions = user.sessions.map((session) =>
    session.sessionId === changed.sessionId ? changed : session,
  );
  return { ...user, sessions };
}
