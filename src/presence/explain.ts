import { idleTimeoutOf } from '../domain/deadlines.js';
import {
  causeOf,
  nextTransition,
  type StatusCause,
  type Transition,
} from '../domain/explanation.js';
import type { Policy } from '../domain/policy.js';
import type { Session, User } from '../domain/user.js';
import { CHOICE_ON_WIRE } from '../api/choices-mapper.js';
import {
  StatusCause as CauseOnWire,
  TransitionKind,
  type ExplainedSession,
  type ExplainPresenceResponse,
} from '../api/generated/presence/v1/presence_service.pb.js';
import { toPresenceMessage, sessionMessage, timestampMessage } from '../api/proto-mappers.js';

const CAUSE_ON_WIRE: Readonly<Record<StatusCause, CauseOnWire>> = {
  NO_SESSION: CauseOnWire.STATUS_CAUSE_NO_SESSION,
  CHOSEN: CauseOnWire.STATUS_CAUSE_CHOSEN,
  ACTIVE: CauseOnWire.STATUS_CAUSE_ACTIVE,
  INACTIVE: CauseOnWire.STATUS_CAUSE_INACTIVE,
};

const KIND_ON_WIRE: Readonly<Record<Transition['type'], TransitionKind>> = {
  idle: TransitionKind.TRANSITION_KIND_IDLE,
  choiceExpired: TransitionKind.TRANSITION_KIND_CHOICE_EXPIRED,
  tokenExpired: TransitionKind.TRANSITION_KIND_TOKEN_EXPIRED,
  heartbeatMissed: TransitionKind.TRANSITION_KIND_HEARTBEAT_MISSED,
  attributeExpired: TransitionKind.TRANSITION_KIND_ATTRIBUTE_EXPIRED,
  graceEnded: TransitionKind.TRANSITION_KIND_GRACE_ENDED,
};

/** Returns everything that determines the presence of a user. Only callers with admin rights may receive it. */
export function explain(user: User, now: number, policy: Policy): ExplainPresenceResponse {
  const next = nextTransition(user, policy);
  return {
    shown: toPresenceMessage(user.shown),
    own: toPresenceMessage(user.own),
    cause: CAUSE_ON_WIRE[causeOf(user)],
    choice: CHOICE_ON_WIRE[user.choice],
    choiceExpiresAt: timestampMessage(user.choiceExpiresAt),
    sessions: user.sessions.map((session) => explainedSession(user, session)),
    nextTransition: next && {
      at: timestampMessage(next.at),
      kind: KIND_ON_WIRE[next.type],
      sessionId: 'sessionId' in next ? next.sessionId : '',
      shown: toPresenceMessage(next.shown),
    },
    idleTimeoutMs: idleTimeoutOf(user, policy),
    explainedAt: timestampMessage(now),
  };
}

function explainedSession(user: User, session: Session): ExplainedSession {
  return {
    session: sessionMessage(user, session),
    nodeId: session.node,
    holdsChannel: user.channelSessionId === session.sessionId,
    heartbeatDueAt: timestampMessage(session.heartbeatDueAt),
    tokenExpiresAt: timestampMessage(session.tokenExpiresAt),
    graceEndsAt: timestampMessage(session.graceEndsAt),
  };
}
