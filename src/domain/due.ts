import type { Policy } from './policy.js';
import type { User } from './user.js';

/** Something that time alone brings about. */
export type Matter =
  | { readonly type: 'idle'; readonly at: number }
  | { readonly type: 'choiceExpired'; readonly at: number }
  | { readonly type: 'tokenExpired'; readonly at: number; readonly sessionId: string }
  | { readonly type: 'heartbeatMissed'; readonly at: number; readonly sessionId: string }
  | { readonly type: 'graceEnded'; readonly at: number; readonly sessionId: string };

/** The first matter that time will bring about for this user, if nothing else happens before. */
export function nextDue(user: User, policy: Policy): Matter | undefined {
  let next: Matter | undefined;
  for (const matter of matters(user, policy)) {
    if (next === undefined || matter.at < next.at) next = matter;
  }
  return next;
}

function* matters(user: User, policy: Policy): Generator<Matter> {
  if (user.choiceExpiresAt !== undefined) yield { type: 'choiceExpired', at: user.choiceExpiresAt };
  for (const { sessionId, graceEndsAt, tokenExpiresAt, heartbeatDueAt } of user.sessions) {
    if (graceEndsAt !== undefined) {
      yield { type: 'graceEnded', at: graceEndsAt, sessionId };
      continue;
    }
    if (tokenExpiresAt !== undefined) {
      yield { type: 'tokenExpired', at: tokenExpiresAt, sessionId };
    }
    if (heartbeatDueAt !== undefined) {
      yield { type: 'heartbeatMissed', at: heartbeatDueAt, sessionId };
    }
  }
  // Only who is seen as ONLINE can turn IDLE; a chosen status never does.
  if (user.own.status === 'ONLINE') {
    yield { type: 'idle', at: lastActivity(user) + policy.idleTimeoutMs };
  }
}

/**
 * The last activity on any session. To stop being invisible counts as one: who does so looks like somebody who has
 * just connected. Only for users who have a session.
 */
export function lastActivity({ sessions, visibleSince = 0 }: User): number {
  return sessions.reduce((last, session) => Math.max(last, session.lastActiveAt), visibleSince);
}
