import {
  accessRules,
  HIDDEN_FROM_NOBODY,
  currentlyHiddenFrom,
  NO_ACCESS_RULES,
  withoutPresences,
  type AccessRules,
} from './access-rules.js';
import type { SessionAttributes } from './attributes.js';
import { NO_CHOICES, type ChoiceVersions } from './choice-versions.js';
import type { GroupList } from './group-list.js';
import { NOT_MODERATED, type ModeratorMute } from './moderator-mute.js';
import { unknownPresence, type Presence } from './presence.js';
import type { SessionTerms } from './terms.js';

/** The status choices of users: automatic, or fixed to one status. */
export const STATUS_CHOICES = ['AUTOMATIC', 'DO_NOT_DISTURB', 'AWAY', 'INVISIBLE'] as const;

export type StatusChoice = (typeof STATUS_CHOICES)[number];

/** A live session, or a lost session within its grace. */
export interface Session {
  readonly sessionId: string;
  /** The node id of the node that holds the stream. It stands for one life of one process. */
  readonly node: string;
  readonly platform: string;
  readonly connectedAt: number;
  readonly lastActiveAt: number;
  /**
   * When the next sign of life is due. After that the node with the stream ends the session, later if the node was
   * unable to receive in the meantime. Undefined: the session does not require heartbeats.
   */
  readonly heartbeatDueAt: number | undefined;
  /** When the token of the session expires, by the wall clock. Undefined: never. */
  readonly tokenExpiresAt: number | undefined;
  /** When the grace of a lost session ends. Undefined: the session is live. */
  readonly graceEndsAt: number | undefined;
  /** Why the session was lost. Undefined: it is live, or an earlier release stored it without this field. */
  readonly lostBecause: LossReason | undefined;
  /**
   * The timeouts that the session started with. Undefined: an earlier release stored the session without them, and the
   * policy of each node applies.
   */
  readonly terms: SessionTerms | undefined;
  /**
   * The previous session of the same client, while that one still counts. If one of the two ends, the other takes over
   * its channel.
   */
  readonly succeeds: string | undefined;
  /** The attributes that this session has set. They end with the session. */
  readonly attributes: SessionAttributes;
  /** The groups of the token that began the session. Sessions with the same groups share the list. */
  readonly groups: GroupList;
  /**
   * When that token was issued, in seconds of the wall clock, rounded down. Undefined: the token does not say, or an
   * earlier release stored the session.
   */
  readonly tokenIssuedAt: number | undefined;
  /**
   * Identifies the channels that the token grants to join: sessions with equal rights may join the same. Undefined: every
   * channel, or an earlier release stored the session.
   */
  readonly joinRights: string | undefined;
}

export const NO_GROUPS: GroupList = Object.freeze([]);

/** The reasons why a session can be lost. Only these reasons give a session a grace. */
export const LOSS_REASONS = ['CONNECTION_LOST', 'NODE_LOST'] as const;

export type LossReason = (typeof LOSS_REASONS)[number];

/** One session of a user in one channel. */
export interface Membership {
  readonly channelId: string;
  readonly sessionId: string;
  /** The version of the command that joined the channel. Memberships are in this order. */
  readonly joinedAt: number;
}

export const NO_MEMBERSHIPS: readonly Membership[] = Object.freeze([]);

/**
 * When a user left and joined channels, as versions of channel commands. A client that reconnects must not join a channel again
 * that the user has left since.
 */
export interface ChannelHistory {
  /** The version of the last command that left all channels, or all but the one that it joined. */
  readonly clearedAt: number;
  /** `Membership.joinedAt` of the current channel. It has no meaning while the user is in no channel. */
  readonly joinedAt: number;
  /** The last command that left only one channel, for each of the last channels, earliest first. */
  readonly left: readonly { readonly channelId: string; readonly version: number }[];
}

/** The complete state of one user. It is never changed in place. */
export interface User {
  readonly userId: string;
  /** Oldest first. */
  readonly sessions: readonly Session[];
  /** The last of the channels that the sessions have joined and not left. Undefined: the user is in no channel. */
  readonly channelId: string | undefined;
  /** The session in that channel. Most users are in one channel only, so it is no `Membership` of its own. */
  readonly channelSessionId: string | undefined;
  /** The other channels, in the order in which the sessions joined them. Most users have none. */
  readonly earlierChannels: readonly Membership[];
  /** Undefined: the last channel command left all channels, or all but the one that it joined. */
  readonly channelHistory: ChannelHistory | undefined;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  /** Only a moderator changes it. It outlasts channels and sessions. */
  readonly moderatorMute: ModeratorMute;
  readonly choice: StatusChoice;
  readonly statusText: string;
  /** When choice and text expire, by the wall clock. Undefined: they do not expire. */
  readonly choiceExpiresAt: number | undefined;
  /**
   * When the user last stopped being invisible. Others must not see that a session started before. Undefined: the user
   * was never invisible.
   */
  readonly visibleSince: number | undefined;
  /** The versions of the last commands. */
  readonly choiceVersions: ChoiceVersions;
  readonly accessRules: AccessRules;
  /** The presence as the user sees it. */
  readonly own: Presence;
  /** The presence as everyone else sees it. It is the same object as `own` unless the user is invisible. */
  readonly shown: Presence;
}

/** Returns the state of a user before the first session. */
export function newUser(userId: string): User {
  const presence = unknownPresence(userId);
  return {
    userId,
    sessions: [],
    channelId: undefined,
    channelSessionId: undefined,
    earlierChannels: NO_MEMBERSHIPS,
    channelHistory: undefined,
    isMicrophoneMuted: false,
    isSpeakerMuted: false,
    moderatorMute: NOT_MODERATED,
    choice: 'AUTOMATIC',
    statusText: '',
    choiceExpiresAt: undefined,
    visibleSince: undefined,
    choiceVersions: NO_CHOICES,
    accessRules: NO_ACCESS_RULES,
    own: presence,
    shown: presence,
  };
}

/**
 * Whether nothing is known of the user that would have to be stored. A backend may have set the status of a user who was
 * never connected, or revoked its tokens. The version that an eviction keeps with a revocation is worth nothing without it.
 */
export function isForgotten({ sessions, shown, choiceVersions, accessRules }: User): boolean {
  return (
    sessions.length === 0 &&
    shown.version === 0 &&
    choiceVersions === NO_CHOICES &&
    accessRules.hiddenFrom.size === 0 &&
    accessRules.tokensValidFrom === undefined
  );
}

/** An object that is not shared with other code yet, so that it may still be changed. */
export type Draft<T> = { -readonly [Field in keyof T]: T[Field] };

/**
 * Returns a copy that may be changed. Every command copies users, so the fields are listed one by one: V8 needs ten
 * times as long for a spread that is followed by other values.
 */
export function copyUser(user: User): Draft<User> {
  return {
    userId: user.userId,
    sessions: user.sessions,
    channelId: user.channelId,
    channelSessionId: user.channelSessionId,
    earlierChannels: user.earlierChannels,
    channelHistory: user.channelHistory,
    isMicrophoneMuted: user.isMicrophoneMuted,
    isSpeakerMuted: user.isSpeakerMuted,
    moderatorMute: user.moderatorMute,
    choice: user.choice,
    statusText: user.statusText,
    choiceExpiresAt: user.choiceExpiresAt,
    visibleSince: user.visibleSince,
    choiceVersions: user.choiceVersions,
    accessRules: user.accessRules,
    own: user.own,
    shown: user.shown,
  };
}

/** Returns a copy that may be changed; see `copyUser`. */
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
    attributes: session.attributes,
    groups: session.groups,
    tokenIssuedAt: session.tokenIssuedAt,
    joinRights: session.joinRights,
  };
}

/** Returns the live sessions of a user. */
export function liveSessions(user: User): readonly Session[] {
  return user.sessions.filter((session) => session.graceEndsAt === undefined);
}

/**
 * Returns what a store with too many users keeps of the user who has been OFFLINE for others the longest. Undefined:
 * nothing. A user who is invisible or hides from viewers loses only the shown presence, so that the eviction does not
 * make the next session visible. Without a session, a second eviction drops that user. A revocation of tokens is always
 * kept.
 */
export function retainOnEviction(user: User): User | undefined {
  const hides = user.choice === 'INVISIBLE' || currentlyHiddenFrom(user.accessRules).length > 0;
  const isHidden = hides && user.shown.version > 0;
  if (user.sessions.length === 0 && !isHidden) return revocationOf(user);
  const kept = copyUser(user);
  kept.shown = unknownPresence(user.userId);
  kept.accessRules = withoutPresences(user.userId, user.accessRules);
  return kept;
}

/** Returns the user with nothing but the revocation of tokens. Undefined: no token was revoked. */
function revocationOf({ userId, own, accessRules: { tokensValidFrom } }: User): User | undefined {
  if (tokensValidFrom === undefined) return undefined;
  const kept = copyUser(newUser(userId));
  // With an older version, the user would look as if Redis had lost a newer state.
  kept.own = { ...kept.own, version: own.version };
  kept.accessRules = accessRules(HIDDEN_FROM_NOBODY, tokensValidFrom);
  return kept;
}

/** Whether an eviction would keep all that is known of the user: the revocation of tokens. */
export function isOnlyRevocation({ sessions, shown, choiceVersions, accessRules }: User): boolean {
  return (
    accessRules.tokensValidFrom !== undefined &&
    accessRules.hiddenFrom.size === 0 &&
    sessions.length === 0 &&
    shown.version === 0 &&
    choiceVersions === NO_CHOICES
  );
}
