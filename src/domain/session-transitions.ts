import type { Reason } from './event.js';
import type { EndReason } from './input.js';
import type { Policy } from './policy.js';
import { RejectedError } from './rejected-error.js';
import {
  copySession,
  copyUser,
  liveSessions,
  type Draft,
  type Session,
  type User,
} from './user.js';

/** What an input did to the facts of a user, before anybody has looked at the result. */
export interface AppliedInput {
  /** The user with new facts; `own` and `shown` are still the old ones. The very same user: nothing happened. */
  readonly facts: User;
  readonly cause: Reason;
  readonly ended?: readonly EndedSession[];
}

/** A session that has just stopped being live. */
export interface EndedSession {
  readonly sessionId: string;
  readonly cause: EndReason;
}

/** The user after an action on a live session, which is a sign of life, too. */
export function recordActivity(
  user: User,
  sessionId: string,
  now: number,
  policy: Policy,
): Draft<User> {
  const session = copySession(requireLive(user, sessionId));
  // The clock of a machine may step back; an activity never makes a session older.
  session.lastActiveAt = Math.max(session.lastActiveAt, now);
  session.heartbeatDueAt = heartbeatDue(session, now, policy);
  return replaceSession(user, session);
}

/** The user after a sign of life on a live session, which is no activity. */
export function recordHeartbeat(user: User, sessionId: string, now: number, policy: Policy): User {
  const session = copySession(requireLive(user, sessionId));
  if (session.heartbeatDueAt === undefined) return user;
  session.heartbeatDueAt = heartbeatDue(session, now, policy);
  return replaceSession(user, session);
}

function heartbeatDue(session: Session, now: number, policy: Policy): number | undefined {
  if (session.heartbeatDueAt === undefined) return undefined;
  return now + (session.terms ?? policy).heartbeatTimeoutMs;
}

/**
 * Ends a live session: a lost one goes on to count for the grace, any other is gone at once. A lost one whose client is
 * back already is gone at once, too: there is nobody to wait for.
 */
export function endSession(
  user: User,
  sessionId: string,
  cause: EndReason,
  now: number,
  policy: Policy,
): AppliedInput {
  const session = findLive(user, sessionId);
  if (session === undefined) return { facts: user, cause };
  const ended = [{ sessionId, cause }];
  const { reconnectGraceMs } = session.terms ?? policy;
  const isLost = cause === 'CONNECTION_LOST' || cause === 'NODE_LOST';
  const isBack = user.sessions.some(({ succeeds }) => succeeds === sessionId);
  if (!isLost || isBack || reconnectGraceMs === 0) {
    return { facts: removeSession(user, sessionId), cause, ended };
  }
  const lost = copySession(session);
  lost.graceEndsAt = now + reconnectGraceMs;
  lost.lostBecause = cause;
  return { facts: replaceSession(user, lost), cause, ended };
}

/** Ends a live session whose client has been silent since the sign of life that set when the next one was due. */
export function endSilent(
  user: User,
  sessionId: string,
  heartbeatDueAt: number,
  now: number,
  policy: Policy,
): AppliedInput {
  const cause = 'CONNECTION_LOST';
  // Another node may have heard the client meanwhile.
  const isSilent = findLive(user, sessionId)?.heartbeatDueAt === heartbeatDueAt;
  return isSilent ? endSession(user, sessionId, cause, now, policy) : { facts: user, cause };
}

/** Ends every live session of a node that is gone. */
export function endSessionsOnNode(
  user: User,
  node: string,
  now: number,
  policy: Policy,
): AppliedInput {
  const cause = 'NODE_LOST';
  const gone = liveSessions(user).filter((session) => session.node === node);
  const facts = gone.reduce(
    (rest, { sessionId }) => endSession(rest, sessionId, cause, now, policy).facts,
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
      return replaceSession(facts, renamed);
    }, user);
}

/**
 * Takes a session away. The channel it held goes to the session that its client has moved to. If the client has given
 * up that move, it goes back. Without either the user leaves it.
 */
export function removeSession(user: User, sessionId: string): Draft<User> {
  const facts = copyUser(user);
  const gone = user.sessions.find((session) => session.sessionId === sessionId);
  const isSuccessor = ({ succeeds }: Session): boolean => succeeds === sessionId;
  facts.sessions = user.sessions
    .filter((session) => session !== gone)
    .map((session) => (isSuccessor(session) ? succeeding(session, gone?.succeeds) : session));
  if (user.channel?.sessionId === sessionId) {
    const next =
      user.sessions.find(isSuccessor) ??
      user.sessions.find((session) => session.sessionId === gone?.succeeds);
    facts.channel = next && { channelId: user.channel.channelId, sessionId: next.sessionId };
  }
  return facts;
}

function succeeding(session: Session, succeeds: string | undefined): Session {
  const changed = copySession(session);
  changed.succeeds = succeeds;
  return changed;
}

/** The live session of that id, or the refusal that the caller is given. */
function requireLive(user: User, sessionId: string): Session {
  const session = findLive(user, sessionId);
  if (session === undefined) {
    throw new RejectedError(
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

function replaceSession(user: User, changed: Session): Draft<User> {
  const facts = copyUser(user);
  facts.sessions = user.sessions.map((session) =>
    session.sessionId === changed.sessionId ? changed : session,
  );
  return facts;
}
