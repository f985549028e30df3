import { NO_CHOICES, type ChoiceVersions } from './choice-versions.js';
import { unknownPresence, type Presence } from './presence.js';
import type { SessionTerms } from './terms.js';

/** How a user's status is decided. */
export type StatusChoice = 'AUTOMATIC' | 'DO_NOT_DISTURB' | 'AWAY' | 'INVISIBLE';

/** One live connection of a user, or one that was lost less than the reconnect grace ago. */
export interface Session {
  readonly sessionId: string;
  /** The node that holds its stream: one life of one process. */
  readonly node: string;
  readonly platform: string;
  readonly connectedAt: number;
  readonly lastActiveAt: number;
  /**
   * When the next sign of life is due. The node that holds the stream ends the session, and does so later if it could not
   * listen meanwhile. Undefined: the client promised no heartbeats.
   */
  readonly heartbeatDueAt: number | undefined;
  /** When its token stops being accepted, by the wall clock. Undefined: never. */
  readonly tokenExpiresAt: number | undefined;
  /** Until when it still counts although its connection is lost. Undefined: it is live. */
  readonly graceEndsAt: number | undefined;
  /** Why its connection is lost. Undefined: it is live, or was lost before this was kept. */
  readonly lostBecause: ResyncReason | undefined;
  /** The timeouts it began with. Undefined: it began before they were kept, and the policy of each node applies. */
  readonly terms: SessionTerms | undefined;
  /** The session that its client had before, while that counts too: one takes over what the other leaves. */
  readonly succeeds: string | undefined;
}

/** What ended a session that is given the reconnect grace. */
export type ResyncReason = 'CONNECTION_LOST' | 'NODE_LOST';

/** Everything known of one user. Never changed in place. */
export interface User {
  readonly userId: string;
  /** Oldest first. */
  readonly sessions: readonly Session[];
  /** Where the user is, and the session that holds the place: the last one that joined. */
  readonly channel: { readonly channelId: string; readonly sessionId: string } | undefined;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  readonly choice: StatusChoice;
  readonly statusText: string;
  /** When choice and text lapse, by the wall clock. Undefined: they stay. */
  readonly choiceExpiresAt: number | undefined;
  /** When the user last became visible to others, which hides sessions that began unseen. Undefined: never hidden. */
  readonly visibleSince: number | undefined;
  /** Which commands were the last ones. */
  readonly choiceVersions: ChoiceVersions;
  /** The presence as the user sees it. */
  readonly own: Presence;
  /** The presence as everyone else is shown it. The same object as `own` unless the user is invisible. */
  readonly shown: Presence;
}

/** A user before the first session. */
export function newUser(userId: string): User {
  const presence = unknownPresence(userId);
  return {
    userId,
    sessions: [],
    channel: undefined,
    isMicrophoneMuted: false,
    isSpeakerMuted: false,
    choice: 'AUTOMATIC',
    statusText: '',
    choiceExpiresAt: undefined,
    visibleSince: undefined,
    choiceVersions: NO_CHOICES,
    own: presence,
    shown: presence,
  };
}

/** Something of which nobody else knows yet, so that it may still be changed. */
export type Draft<T> = { -readonly [Field in keyof T]: T[Field] };

/**
 * A copy to change. Every command makes some, so they are spelled out: V8 takes ten times as long over a spread with
 * other values behind it.
 */
export function copyUser(user: User): Draft<User> {
  return {
    userId: user.userId,
    sessions: user.sessions,
    channel: user.channel,
    isMicrophoneMuted: user.isMicrophoneMuted,
    isSpeakerMuted: user.isSpeakerMuted,
    choice: user.choice,
    statusText: user.statusText,
    choiceExpiresAt: user.choiceExpiresAt,
    visibleSince: user.visibleSince,
    choiceVersions: user.choiceVersions,
    own: user.own,
    shown: user.shown,
  };
}

export function copySession(session: Session): Draft<Session> {
  return {
    sessionId: session.sessionId,
    node: session.node,
    platform: session.platform,
    connectedAt: session.connectedAt,
    lastActiveAt: session.lastActiveAt,
    heartbeatDueAt: session.heartbeatDueAt,
    tokenExpiresAt: session.tokenExpiresAt,
    graceEndsAt: session.graceEndsAt,
    lostBecause: session.lostBecause,
    terms: session.terms,
    succeeds: session.succeeds,
  };
}

/** The sessions whose connection stands. */
export function liveSessions(user: User): readonly Session[] {
  return user.sessions.filter((session) => session.graceEndsAt === undefined);
}

/**
 * What `viewer` may see of a user. The one visibility rule of the service: events, lists, counts and snapshots show
 * `shown`, which is this function for everyone else.
 */
export function presenceFor(viewer: string, user: User): Presence {
  return viewer === user.userId ? user.own : user.shown;
}

/**
 * What a store keeps of a user whom others have seen OFFLINE for longer than it can remember everyone: nothing, or
 * of someone who is invisible, connected or not, nothing that others could see. Who has chosen that must not be seen
 * upon the next session only because there are many; that is forgotten in a second turn.
 */
export function retainOnEviction(user: User): User | undefined {
  const isHidden = user.choice === 'INVISIBLE' && user.shown.version > 0;
  if (user.sessions.length === 0 && !isHidden) return undefined;
  const kept = copyUser(user);
  kept.shown = unknownPresence(user.userId);
  return kept;
}
