import type { Reason } from './event.js';
import type { EndReason } from './input.js';
import { handOver } from './memberships.js';
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

/** The result of an input on the stored facts, before the presence is computed from it. */
export interface AppliedInput {
  /**
   * A copy of the user with new facts, in which `own` and `shown` are still the old ones. The same object as before:
   * nothing happened.
   */
  readonly facts: User;
  readonly cause: Reason;
  readonly ended?: readonly EndedSession[];
}

/** A session that is not live any more because of this input. */
export interface EndedSession {
  readonly sessionId: string;
  readonly cause: EndReason;
}

/** Returns the user after an activity on a live session. An activity is also a sign of life. */
export function recordActivity(
  user: User,
  sessionId: string,
  now: number,
  policy: Policy,
): Draft<User> {
  const session = copySession(requireLive(user, sessionId));
  // The clock of a machine may step back, but the time of the last activity must not.
  session.lastActiveAt = Math.max(session.lastActiveAt, now);
  session.heartbeatDueAt = heartbeatDue(session, now, policy);
  return replaceSession(user, session);
}

/** Returns the user after a heartbeat on a live session. A heartbeat is not an activity. */
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
 * Ends a live session. After CONNECTION_LOST or NODE_LOST it still counts until its grace ends; otherwise it is
 * removed. It is also removed if its client has a new session already: no reconnect is expected then.
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

/** Ends a live session if its client sent no sign of life after the one that set `heartbeatDueAt`. */
export function endSilent(
  user: User,
  sessionId: string,
  heartbeatDueAt: number,
  now: number,
  policy: Policy,
): AppliedInput {
  const cause = 'CONNECTION_LOST';
  // Another node may have received a sign of life in the meantime.
  const isSilent = findLive(user, sessionId)?.heartbeatDueAt === heartbeatDueAt;
  return isSilent ? endSession(user, sessionId, cause, now, policy) : { facts: user, cause };
}

/** Ends all live sessions of a failed node. */
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

/** Moves the sessions of a node to its new node id. */
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
 * Removes a session. Its channels go to `heir`, whose token the caller checks. Without one they go to the session that
 * succeeds it, or else to the session that it succeeded, because the client gave up that move. The user leaves the channels
 * if there is none of them, or if that one may not join every channel and has other grants.
 */
export function removeSession(user: User, sessionId: string, heir?: string): Draft<User> {
  const facts = copyUser(user);
  const gone = user.sessions.find((session) => session.sessionId === sessionId);
  const isSuccessor = ({ succeeds }: Session): boolean => succeeds === sessionId;
  facts.sessions = user.sessions
    .filter((session) => session !== gone)
    .map((session) => (isSuccessor(session) ? succeeding(session, gone?.succeeds) : session));
  const next =
    user.sessions.find(isSuccessor) ??
    user.sessions.find((session) => session.sessionId === gone?.succeeds);
  const mayInherit = next?.joinRights === undefined || next.joinRights === gone?.joinRights;
  handOver(facts, sessionId, heir ?? (mayInherit ? next?.sessionId : undefined));
  return facts;
}

function succeeding(session: Session, succeeds: string | undefined): Session {
  const changed = copySession(session);
  changed.succeeds = succeeds;
  return changed;
}

/** Returns the live session with that id, or throws a `RejectedError`. */
export function requireLive(user: User, sessionId: string): Session {
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

/** Returns the user with one session replaced. */
export function replaceSession(user: User, changed: Session): Draft<User> {
  const facts = copyUser(user);
  facts.sessions = user.sessions.map((session) =>
    session.sessionId === changed.sessionId ? changed : session,
  );
  return facts;
}
