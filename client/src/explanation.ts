import {
  StatusCause as WireStatusCause,
  TransitionKind as WireTransitionKind,
  type ExplainedSession as ExplainedSessionMessage,
  type ExplainPresenceResponse,
  type Transition as TransitionMessage,
} from './generated/presence/v1/presence_service_pb.js';
import { dateOf, presenceOf, sessionInfoOf, type Presence, type SessionInfo } from './presence.js';
import { choiceOf, type ChosenStatus } from './status-choice.js';

/** Why a user's status is what it is, and what time alone will make of it next. */
export interface Explanation {
  /** What everyone else sees. */
  readonly shown: Presence;
  /** What the user sees. Differs from `shown` while the user is invisible, and until the first session after that. */
  readonly own: Presence;
  /** Why the own status is what it is. */
  readonly cause: StatusCause;
  readonly choice: ChosenStatus;
  /** Undefined: the choice stays. */
  readonly choiceExpiresAt: Date | undefined;
  /** The sessions that count, oldest first, and with them those that were lost and are still waited for. */
  readonly sessions: readonly ExplainedSession[];
  /** What comes next if nothing else happens. Undefined: nothing does. */
  readonly next: Transition | undefined;
  /** How long a user stays online without an action. */
  readonly idleTimeoutMs: number;
  /** By the clock of the service, as are all times here. */
  readonly explainedAt: Date | undefined;
}

/** What decides a status: `chosen` by the user, or by activity. `unknown`: the service is newer than this library. */
export type StatusCause = 'no-session' | 'chosen' | 'active' | 'inactive' | 'unknown';

/** A session, with what decides how long it counts. */
export interface ExplainedSession extends SessionInfo {
  /** The node that holds its stream. A node has another name after each start. */
  readonly nodeId: string;
  /** Whether the user is in the channel by this session, and leaves with it. */
  readonly holdsChannel: boolean;
  /** When it ends unless a sign of life arrives. Undefined: it need give none. */
  readonly heartbeatDueAt: Date | undefined;
  /** When its token expires, and the session with it. Undefined: never. */
  readonly tokenExpiresAt: Date | undefined;
  /** Until when it counts although its connection is lost. Undefined: it is live. */
  readonly graceEndsAt: Date | undefined;
}

/** Something that time alone brings about. */
export interface Transition {
  readonly at: Date | undefined;
  readonly kind: TransitionKind;
  /** The session that it ends. Undefined: none. */
  readonly sessionId: string | undefined;
  /** What everyone else will be shown then. */
  readonly shown: Presence;
}

export type TransitionKind =
  'idle' | 'choice-expired' | 'token-expired' | 'heartbeat-missed' | 'grace-ended' | 'unknown';

const CAUSES: Readonly<Partial<Record<WireStatusCause, StatusCause>>> = {
  [WireStatusCause.NO_SESSION]: 'no-session',
  [WireStatusCause.CHOSEN]: 'chosen',
  [WireStatusCause.ACTIVE]: 'active',
  [WireStatusCause.INACTIVE]: 'inactive',
};

const TRANSITIONS: Readonly<Partial<Record<WireTransitionKind, TransitionKind>>> = {
  [WireTransitionKind.IDLE]: 'idle',
  [WireTransitionKind.CHOICE_EXPIRED]: 'choice-expired',
  [WireTransitionKind.TOKEN_EXPIRED]: 'token-expired',
  [WireTransitionKind.HEARTBEAT_MISSED]: 'heartbeat-missed',
  [WireTransitionKind.GRACE_ENDED]: 'grace-ended',
};

export function explanationOf(message: ExplainPresenceResponse): Explanation {
  const { nextTransition } = message;
  return {
    shown: presenceOf(message.shown),
    own: presenceOf(message.own),
    cause: CAUSES[message.cause] ?? 'unknown',
    choice: choiceOf(message.choice),
    choiceExpiresAt: dateOf(message.choiceExpiresAt),
    sessions: message.sessions.map(explainedSessionOf),
    next: nextTransition && transitionOf(nextTransition),
    idleTimeoutMs: message.idleTimeoutMs,
    explainedAt: dateOf(message.explainedAt),
  };
}

function explainedSessionOf(message: ExplainedSessionMessage): ExplainedSession {
  return {
    ...sessionInfoOf(message.session),
    nodeId: message.nodeId,
    holdsChannel: message.holdsChannel,
    heartbeatDueAt: dateOf(message.heartbeatDueAt),
    tokenExpiresAt: dateOf(message.tokenExpiresAt),
    graceEndsAt: dateOf(message.graceEndsAt),
  };
}

function transitionOf({ at, kind, sessionId, shown }: TransitionMessage): Transition {
  return {
    at: dateOf(at),
    kind: TRANSITIONS[kind] ?? 'unknown',
    sessionId: sessionId || undefined,
    shown: presenceOf(shown),
  };
}
