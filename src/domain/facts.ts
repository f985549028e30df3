import type { Reason } from './event.js';
import type { EndCause } from './input.js';
import type { Policy } from './policy.js';
import { Refusal } from './refusal.js';
import {
  copySession,
  copyUser,
  liveSessions,
  type Draft,
  type Session,
  type User,
} from './user.js';

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
export function act(user: User, sessionId: string, now: number, policy: Policy): Draft<User> {
  const session = copySession(requireLive(user, sessionId));
  // The clock of a machine may step back; an activity never makes a session older.
  session.lastActiveAt = Math.max(session.lastActiveAt, now);
  session.heartbeatDueAt = heartbeatDue(session, now, policy);
  return replace(user, session);
}

/** The user after a sign of life on a live session, which is no activity. */
export function alive(user: User, sessionId: string, now: number, policy: Policy): User {
  const session = copySession(requireLive(user, sessionId));
  if (session.heartbeatDueAt === undefined) return user;
  session.heartbeatDueAt = heartbeatDue(session, now, policy);
  return replace(user, session);
}

function heartbeatDue(session: Session, now: number, policy: Policy): number | undefined {
  if (session.heartbeatDueAt === undefined) return undefined;
  return now + (session.terms ?? policy).heartbeatTimeoutMs;
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
  const { reconnectGraceMs } = session.terms ?? policy;
  const isLost = cause === 'CONNECTION_LOST' || cause === 'NODE_LOST';
  if (!isLost || reconnectGraceMs === 0) {
    return { facts: remove(user, sessionId), cause, ended };
  }
  const lost = copySession(session);
  lost.graceEndsAt = now + reconnectGraceMs;
  lost.lostBecause = cause;
  return { facts: replace(user, lost), cause, ended };
}

/** Ends a live session whose client has been silent since the sign of life that set when the next one was due. */
export function endSilent(
  user: User,
  sessionId: string,
  heartbeatDueAt: number,
  now: number,
  policy: Policy,
): Outcome {
  const cause = 'CONNECTION_LOST';
  // Another node may have heard the client meanwhile.
  const isSilent = findLive(user, sessionId)?.heartbeatDueAt === heartbeatDueAt;
  return isSilent ? end(user, sessionId, cause, now, policy) : { facts: user, cause };
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

/** Puts the sessions of a node under its new name. */
export function renameNode(user: User, node: string, name: string): User {
  return user.sessions
    .filter((session) => session.node === node)
    .reduce((facts, session) => {
      const renamed = copySession(session);
      renamed.node = name;
      return replace(facts, renamed);
    }, user);
}

/** Takes a session away, and the user out of the channel it held. */
export function remove(user: User, sessionId: string): Draft<User> {
  const facts = copyUser(user);
  facts.sessions = user.sessions.filter((session) => session.sessionId !== sessionId);
  if (user.channel?.sessionId === sessionId) facts.channel = undefined;
  return facts;
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

function replace(user: User, changed: Session): Draft<User> {
  const facts = copyUser(user);
  facts.sessions = user.sessions.map((session) =>
    session.sessionId === changed.sessionId ? changed : session,
  );
  return facts;
}
