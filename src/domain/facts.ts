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

/** The user after a sign of life and an action on a live session. */
export function act(user: User, sessionId: string, now: number, policy: Policy): User {
  return alive({ ...user, sessions: touch(user, sessionId, now) }, sessionId, now, policy);
}

/** The user after a sign of life on a live session, which is no activity. */
export function alive(user: User, sessionId: string, now: number, policy: Policy): User {
  if (requireLive(user, sessionId).heartbeatDueAt === undefined) return user;
  const heartbeatDueAt = now + policy.heartbeatTimeoutMs;
  return {
    ...user,
    sessions: replace(user, sessionId, (session) => ({ ...session, heartbeatDueAt })),
  };
}

function touch(user: User, sessionId: string, now: number): readonly Session[] {
  requireLive(user, sessionId);
  return replace(user, sessionId, (session) => ({
    ...session,
    // The clock of a machine may step back; an activity never makes a session older.
    lastActiveAt: Math.max(session.lastActiveAt, now),
  }));
}

/** Ends a live session: a lost one goes on to count for the grace, any other is gone at once. */
export function end(
  user: User,
  sessionId: string,
  cause: EndCause,
  now: number,
  policy: Policy,
): Outcome {
  if (!liveSessions(user).some((session) => session.sessionId === sessionId)) {
    return { facts: user, cause };
  }
  const ended = [{ sessionId, cause }];
  if (cause !== 'CONNECTION_LOST' || policy.reconnectGraceMs === 0) {
    return { facts: remove(user, sessionId), cause, ended };
  }
  const graceEndsAt = now + policy.reconnectGraceMs;
  const sessions = replace(user, sessionId, (session) => ({ ...session, graceEndsAt }));
  return { facts: { ...user, sessions }, cause, ended };
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
export function requireLive(user: User, sessionId: string): Session {
  const session = liveSessions(user).find((candidate) => candidate.sessionId === sessionId);
  if (session === undefined) {
    throw new Refusal(
      'SESSION_NOT_FOUND',
      'there is no such live session; begin a new one with Connect',
      'session_id',
    );
  }
  return session;
}

function replace(
  user: User,
  sessionId: string,
  change: (session: Session) => Session,
): readonly Session[] {
  return user.sessions.map((session) =>
    session.sessionId === sessionId ? change(session) : session,
  );
}
