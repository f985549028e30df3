import type { Input } from './input.js';
import type { Policy } from './policy.js';
import type { ResyncReason, Session, User } from './user.js';

/** Something that time alone brings about. */
export type Deadline = TimedMatter | HeartbeatMissed;

/** What the rules bring about by themselves. */
type TimedMatter =
  | { readonly type: 'idle'; readonly at: number }
  | { readonly type: 'choiceExpired'; readonly at: number }
  | { readonly type: 'tokenExpired'; readonly at: number; readonly sessionId: string }
  | {
      readonly type: 'graceEnded';
      readonly at: number;
      readonly sessionId: string;
      readonly lostBecause: ResyncReason;
    };

/** What the node that holds the stream brings about: only it knows whether it could have heard the client. */
interface HeartbeatMissed {
  readonly type: 'heartbeatMissed';
  readonly at: number;
  readonly sessionId: string;
}

/** The first matter that time will bring about for this user, if nothing else happens before. */
export function nextDeadline(user: User, policy: Policy): Deadline | undefined {
  return earliest([...timed(user, policy), ...heartbeats(user)]);
}

/**
 * The first matter that is due. `upTo` is for durations. `wall` is for times that others gave: the wall clock may be set at
 * any moment, and then they come sooner or later while durations stay as they are.
 */
export function firstDue(
  user: User,
  upTo: number,
  wall: number,
  policy: Policy,
): TimedMatter | undefined {
  const due: TimedMatter[] = [];
  for (const matter of timed(user, policy)) {
    if (matter.at <= (isGiven(matter) ? wall : upTo)) due.push(matter);
  }
  return earliest(due);
}

/** When a duration that is measured for this user ends next. Undefined: none is. */
export function wakeAt(user: User, policy: Policy): number | undefined {
  let at: number | undefined;
  for (const { graceEndsAt } of user.sessions) at = earlier(at, graceEndsAt);
  return user.own.status === 'ONLINE' ? earlier(at, idleAt(user, policy)) : at;
}

/** The next time, by the wall clock, at which something ends that others gave an end. Undefined: nothing does. */
export function expiresAt(user: User): number | undefined {
  let at = user.choiceExpiresAt;
  for (const { graceEndsAt, tokenExpiresAt } of user.sessions) {
    if (graceEndsAt === undefined) at = earlier(at, tokenExpiresAt);
  }
  return at;
}

/** What to tell the rules when the time of a matter has come. */
export function inputOf(matter: Deadline): Input {
  if (matter.type !== 'heartbeatMissed') return { type: 'time' };
  return { type: 'silent', sessionId: matter.sessionId, heartbeatDueAt: matter.at };
}

/**
 * The last activity on any session. To stop being invisible counts as one: who does so looks like somebody who has
 * just connected. Only for users who have a session.
 */
export function lastActiveAt({ sessions, visibleSince = 0 }: User): number {
  return sessions.reduce((last, session) => Math.max(last, session.lastActiveAt), visibleSince);
}

/** When the user turns IDLE unless there is activity before: the last of the sessions does by its own timeout. */
export function idleAt(user: User, policy: Policy): number {
  let at = -Infinity;
  for (const session of user.sessions) at = Math.max(at, idleAtOf(session, user, policy));
  return at;
}

/** The timeout of the session that is the last to be idle. Without a session: that of the policy. */
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
  for (const { sessionId, graceEndsAt, tokenExpiresAt, lostBecause } of user.sessions) {
    if (graceEndsAt !== undefined) {
      const cause = lostBecause ?? 'CONNECTION_LOST';
      yield { type: 'graceEnded', at: graceEndsAt, sessionId, lostBecause: cause };
    } else if (tokenExpiresAt !== undefined) {
      yield { type: 'tokenExpired', at: tokenExpiresAt, sessionId };
    }
  }
  // Only who is seen as ONLINE can turn IDLE; a chosen status never does.
  if (user.own.status === 'ONLINE') yield { type: 'idle', at: idleAt(user, policy) };
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
  for (const matter of all) if (first === undefined || matter.at < first.at) first = matter;
  return first;
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
