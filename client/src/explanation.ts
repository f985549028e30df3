import type { Attributes } from './attributes.js';
import {
  StatusCause as WireStatusCause,
  TransitionKind as WireTransitionKind,
  type ExplainedSession as ExplainedSessionMessage,
  type ExplainPresenceResponse,
  type Transition as TransitionMessage,
} from './generated/presence/v1/presence_service_pb.js';
import {
  dateOf,
  nameOf,
  presenceOf,
  sessionInfoOf,
  type Presence,
  type SessionInfo,
} from './presence.js';
import { choiceOf, type ChosenStatus } from './status-choice.js';

/** The cause of a user's status, and the next change that time alone will cause. */
export interface Explanation<A = Attributes> {
  /** The presence that everyone else sees. */
  readonly shown: Presence<A>;
  /**
   * The presence that the user sees. It differs from `shown` while the user is invisible, and after that until the
   * first session starts.
   */
  readonly own: Presence<A>;
  /** The cause of the own status. */
  readonly cause: StatusCause;
  readonly choice: ChosenStatus;
  /** Undefined if the choice does not expire. */
  readonly choiceExpiresAt: Date | undefined;
  /** The sessions that count, oldest first, including lost sessions within their grace. */
  readonly sessions: readonly ExplainedSession<A>[];
  /** The next change if nothing else happens. Undefined if there is none. */
  readonly next: Transition<A> | undefined;
  /** How long a user stays online without an activity, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** The time of the explanation. All times here are by the clock of the service. */
  readonly explainedAt: Date | undefined;
}

/** The name of each cause. The compiler reports a cause of the contract that is missing here. */
const CAUSE_NAMES = {
  [WireStatusCause.NO_SESSION]: 'no-session',
  [WireStatusCause.CHOSEN]: 'chosen',
  [WireStatusCause.ACTIVE]: 'active',
  [WireStatusCause.INACTIVE]: 'inactive',
} as const satisfies Record<Exclude<WireStatusCause, WireStatusCause.UNSPECIFIED>, string>;

/** The cause of a status: `chosen` by the user, or activity. `unknown`: the service is newer than this library. */
export type StatusCause = (typeof CAUSE_NAMES)[keyof typeof CAUSE_NAMES] | 'unknown';

/** A session, with everything that decides how long it counts. */
export interface ExplainedSession<A = Attributes> extends SessionInfo<A> {
  /** The node that holds the stream of the session. A node gets a new id at each start. */
  readonly nodeId: string;
  /** Whether this session has joined the channel that the user joined last, and the user leaves it with the session. */
  readonly holdsChannel: boolean;
  /** When the next heartbeat is due, otherwise the session ends. Undefined if the session needs no heartbeats. */
  readonly heartbeatDueAt: Date | undefined;
  /** When the token of the session expires, which ends the session. Undefined if it never expires. */
  readonly tokenExpiresAt: Date | undefined;
  /** When the grace of a lost session ends. Undefined if the session is live. */
  readonly graceEndsAt: Date | undefined;
}

/** A change that time alone will cause. */
export interface Transition<A = Attributes> {
  readonly at: Date | undefined;
  readonly kind: TransitionKind;
  /** The session that the change ends. Undefined if there is none. */
  readonly sessionId: string | undefined;
  /** The presence that everyone else will see after the change. */
  readonly shown: Presence<A>;
}

/** The name of each kind of transition. The compiler reports a kind of the contract that is missing here. */
const TRANSITION_NAMES = {
  [WireTransitionKind.IDLE]: 'idle',
  [WireTransitionKind.CHOICE_EXPIRED]: 'choice-expired',
  [WireTransitionKind.TOKEN_EXPIRED]: 'token-expired',
  [WireTransitionKind.HEARTBEAT_MISSED]: 'heartbeat-missed',
  [WireTransitionKind.GRACE_ENDED]: 'grace-ended',
  [WireTransitionKind.ATTRIBUTE_EXPIRED]: 'attribute-expired',
} as const satisfies Record<Exclude<WireTransitionKind, WireTransitionKind.UNSPECIFIED>, string>;

/** `unknown`: the service is newer than this library. */
export type TransitionKind = (typeof TRANSITION_NAMES)[keyof typeof TRANSITION_NAMES] | 'unknown';

export function explanationOf<A>(message: ExplainPresenceResponse): Explanation<A> {
  const { nextTransition } = message;
  return {
    shown: presenceOf<A>(message.shown),
    own: presenceOf<A>(message.own),
    cause: nameOf<StatusCause>(CAUSE_NAMES, message.cause) ?? 'unknown',
    choice: choiceOf(message.choice),
    choiceExpiresAt: dateOf(message.choiceExpiresAt),
    sessions: message.sessions.map((session) => explainedSessionOf<A>(session)),
    next: nextTransition && transitionOf<A>(nextTransition),
    idleTimeoutMs: message.idleTimeoutMs,
    explainedAt: dateOf(message.explainedAt),
  };
}

function explainedSessionOf<A>(message: ExplainedSessionMessage): ExplainedSession<A> {
  return {
    ...sessionInfoOf<A>(message.session),
    nodeId: message.nodeId,
    holdsChannel: message.holdsChannel,
    heartbeatDueAt: dateOf(message.heartbeatDueAt),
    tokenExpiresAt: dateOf(message.tokenExpiresAt),
    graceEndsAt: dateOf(message.graceEndsAt),
  };
}

function transitionOf<A>({ at, kind, sessionId, shown }: TransitionMessage): Transition<A> {
  return {
    at: dateOf(at),
    kind: nameOf<TransitionKind>(TRANSITION_NAMES, kind) ?? 'unknown',
    sessionId: sessionId || undefined,
    shown: presenceOf<A>(shown),
  };
}
