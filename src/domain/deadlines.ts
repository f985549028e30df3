import { attributesExpireAt } from './attributes.js';
import type { Input } from './input.js';
import type { Policy } from './policy.js';
import type { LossReason, Session, User } from './user.js';

/** A change of a user that time alone causes. */
export type Deadline = TimedMatter | HeartbeatMissed;

/**
 * The deadline of a user who has stopped hiding and is IDLE: from then on the viewers from whom the user hid see IDLE
 * as well.
 */
export interface LooksIdle {
  readonly type: 'looksIdle';
  readonly at: number;
}

/** A deadline that the rules process by themselves. */
type TimedMatter =
  | LooksIdle
  | { readonly type: 'idle'; readonly at: number }
  | { readonly type: 'choiceExpired'; readonly at: number }
  | { readonly type: 'attributeExpired'; readonly at: number }
  | { readonly type: 'tokenExpired'; readonly at: number; readonly sessionId: string }
  | {
      readonly type: 'graceEnded';
      readonly at: number;
      readonly sessionId: string;
      readonly lostBecause: LossReason;
    };

/**
 * A deadline that only the node with the stream processes: only that node knows whether it was able to receive
 * heartbeats.
 */
interface HeartbeatMissed {
  readonly type: 'heartbeatMissed';
  readonly at: number;
  readonly sessionId: string;
}

/** Returns the next deadline of this user, provided that nothing else happens before. */
export function nextDeadline(user: User, policy: Policy): Deadline | undefined {
  return earliest([...timed(user, policy), ...heartbeats(user)]);
}

/** Returns the next deadline that changes the presence of this user, and not only what some viewers see of it. */
export function nextChange(user: User, policy: Policy): Exclude<Deadline, LooksIdle> | undefined {
  return earliest([...timed(user, policy), ...heartbeats(user)].filter(isChange));
}

function isChange(deadline: Deadline): deadline is Exclude<Deadline, LooksIdle> {
  return deadline.type !== 'looksIdle';
}

/**
 * Returns the earliest deadline that is due. `upTo` is for durations, `wall` is for times that others gave. The wall
 * clock may be set at any moment, which moves those times closer or further away, but not the durations.
 */
export function firstDue(
  user: User,
  upTo: number,
  wall: number,
  policy: Policy,
): TimedMatter | undefined {
  const due: TimedMatter[] = [];
  for (const deadline of timed(user, policy)) {
    if (deadline.at <= (isGiven(deadline) ? wall : upTo)) due.push(deadline);
  }
  return earliest(due);
}

/** Returns when the next duration of this user ends: the idle timeout, a grace or the lifetime of an attribute. Undefined: none is running. */
export function wakeAt(user: User, policy: Policy): number | undefined {
  let at: number | undefined;
  for (const session of user.sessions) {
    at = earlier(earlier(at, session.graceEndsAt), attributesExpireAt(session));
  }
  if (user.own.status === 'ONLINE') return earlier(at, idleAt(user, policy));
  return earlier(at, looksIdleAt(user));
}

/**
 * Returns the next expiry by the wall clock: of the chosen status, or of the token of a live session. Undefined: there
 * is none.
 */
export function expiresAt(user: User): number | undefined {
  let at = user.choiceExpiresAt;
  for (const { graceEndsAt, tokenExpiresAt } of user.sessions) {
    if (graceEndsAt === undefined) at = earlier(at, tokenExpiresAt);
  }
  return at;
}

/** Returns the input that makes the rules process a deadline that is due. */
export function inputOf(deadline: Deadline): Input {
  if (deadline.type !== 'heartbeatMissed') return { type: 'time' };
  return { type: 'silent', sessionId: deadline.sessionId, heartbeatDueAt: deadline.at };
}

/**
 * Returns the time of the last activity on any session. Only for users who have a session. The moment at which the user
 * stopped being invisible counts as activity, because the user then looks newly connected.
 */
export function lastActiveAt({ sessions, visibleSince = 0 }: User): number {
  return sessions.reduce((last, session) => Math.max(last, session.lastActiveAt), visibleSince);
}

/**
 * Returns when the user turns IDLE if there is no activity before. Each session has its own timeout; the last one
 * decides.
 */
export function idleAt(user: User, policy: Policy): number {
  let at = -Infinity;
  for (const session of user.sessions) at = Math.max(at, idleAtOf(session, user, policy));
  return at;
}

/** Returns the idle timeout of the session that turns idle last. Without a session: the idle timeout of the policy. */
export function idleTimeoutOf(user: User, policy: Policy): number {
  const at = idleAt(user, policy);
  const last = user.sessions.find((session) => idleAtOf(session, user, policy) === at);
  return (last?.terms ?? policy).idleTimeoutMs;
}

function idleAtOf(
  { lastActiveAt, terms }: Session,
  { visibleSince }: User,
  policy: Policy,
): number {
  return Math.max(lastActiveAt, visibleSince ?? 0) + (terms ?? policy).idleTimeoutMs;
}

function* timed(user: User, policy: Policy): Generator<TimedMatter> {
  if (user.choiceExpiresAt !== undefined) yield { type: 'choiceExpired', at: user.choiceExpiresAt };
  for (const session of user.sessions) {
    const { sessionId, graceEndsAt, tokenExpiresAt, lostBecause } = session;
    const attributeExpiresAt = attributesExpireAt(session);
    if (attributeExpiresAt !== undefined)
      yield { type: 'attributeExpired', at: attributeExpiresAt };
    if (graceEndsAt !== undefined) {
      const cause = lostBecause ?? 'CONNECTION_LOST';
      yield { type: 'graceEnded', at: graceEndsAt, sessionId, lostBecause: cause };
    } else if (tokenExpiresAt !== undefined) {
      yield { type: 'tokenExpired', at: tokenExpiresAt, sessionId };
    }
  }
  // Only a user with the status ONLINE can turn IDLE; a chosen status never does.
  if (user.own.status === 'ONLINE') yield { type: 'idle', at: idleAt(user, policy) };
  const at = looksIdleAt(user);
  if (at !== undefined) yield { type: 'looksIdle', at };
}

function looksIdleAt({ shown, accessRules: { hiddenFrom } }: User): number | undefined {
  if (hiddenFrom.size === 0 || shown.status !== 'IDLE') return undefined;
  let at: number | undefined;
  for (const { activeUntil } of hiddenFrom.values()) at = earlier(at, activeUntil);
  return at;
}

function* heartbeats({ sessions }: User): Generator<HeartbeatMissed> {
  for (const { sessionId, graceEndsAt, heartbeatDueAt } of sessions) {
    if (graceEndsAt === undefined && heartbeatDueAt !== undefined) {
      yield { type: 'heartbeatMissed', at: heartbeatDueAt, sessionId };
    }
  }
}

function isGiven({ type }: TimedMatter): boolean {
  return type === 'choiceExpired' || type === 'tokenExpired';
}

function earliest<M extends Deadline>(all: Iterable<M>): M | undefined {
  let first: M | undefined;
  for (const deadline of all) if (first === undefined || deadline.at < first.at) first = deadline;
  return first;
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
