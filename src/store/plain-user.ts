import { isDeepStrictEqual } from 'node:util';
import { HIDDEN_FROM_NOBODY, NO_ACCESS_RULES } from '../domain/access-rules.js';
import { NO_ATTRIBUTES, NO_SESSION_ATTRIBUTES } from '../domain/attributes.js';
import { NO_CHOICES, onlyChannelVersion, type ChoiceVersions } from '../domain/choice-versions.js';
import { NOT_MODERATED } from '../domain/moderator-mute.js';
import { NO_CHANNELS, type Presence, type Status } from '../domain/presence.js';
import { NO_GROUPS, NO_MEMBERSHIPS, type Session, type User } from '../domain/user.js';
import type { Viewed } from '../domain/visibility.js';

/** The value of a number before it is set. V8 updates a field that has always been such a number in place. */
const NOT_SET = NaN;

/**
 * The stored state of a user with one live session, in at most one channel, and without a chosen status, attributes,
 * mutes by moderators or access rules. Nearly all users are like that. As a `User` they would take more than twice the
 * memory, because the user, the session and the presence repeat the same facts. The fields are updated in place, so that
 * the garbage collector need not copy a new state for each commit. Readers get copies.
 */
export class PlainUser {
  readonly userId: string;
  private sessionId = '';
  private node = '';
  private platforms: readonly string[] = [];
  private channelId: string | undefined;
  private status: Status = 'ONLINE';
  private isMicrophoneMuted = false;
  private isSpeakerMuted = false;
  /** `NO_CHOICES` if there is only `channelVersion`, which takes less memory as a number than as an object. */
  private choiceVersions = NO_CHOICES;
  private channelVersion = NOT_SET;
  private terms: Session['terms'];
  private groups = NO_GROUPS;
  private joinRights: string | undefined;
  private tokenIssuedAt: number | undefined;
  private tokenExpiresAt: number | undefined;
  private heartbeatDueAt: number | undefined;
  private connectedAt = NOT_SET;
  private lastActiveAt = NOT_SET;
  private version = NOT_SET;

  private constructor(user: User, session: Session) {
    this.userId = user.userId;
    this.set(user, session);
  }

  /** Returns what a table stores of a user: `held` with the new state, if both are plain, or else a new object. */
  static storedAs(user: User, held?: User | PlainUser): User | PlainUser {
    const session = user.sessions[0];
    if (session === undefined || !isPlain(user, session)) return user;
    if (!(held instanceof PlainUser)) return new PlainUser(user, session);
    held.set(user, session);
    return held;
  }

  /** When the token of the session expires, by the wall clock. Undefined: never. */
  get expiresAt(): number | undefined {
    return this.tokenExpiresAt;
  }

  /** Whether this is the stored form of `user`. */
  represents(user: User): boolean {
    return isDeepStrictEqual(PlainUser.storedAs(user), this);
  }

  get user(): User {
    const { shown, channelId } = this;
    return {
      userId: this.userId,
      sessions: [this.session],
      channelId,
      channelSessionId: channelId === undefined ? undefined : this.sessionId,
      earlierChannels: NO_MEMBERSHIPS,
      channelHistory: undefined,
      isMicrophoneMuted: this.isMicrophoneMuted,
      isSpeakerMuted: this.isSpeakerMuted,
      moderatorMute: NOT_MODERATED,
      choice: 'AUTOMATIC',
      statusText: '',
      choiceExpiresAt: undefined,
      visibleSince: undefined,
      choiceVersions: this.versions,
      accessRules: NO_ACCESS_RULES,
      own: shown,
      shown,
    };
  }

  get shown(): Presence {
    return {
      userId: this.userId,
      status: this.status,
      statusText: '',
      channelId: this.channelId,
      otherChannelIds: NO_CHANNELS,
      isMicrophoneMuted: this.isMicrophoneMuted,
      isSpeakerMuted: this.isSpeakerMuted,
      moderatorMute: NOT_MODERATED,
      attributes: NO_ATTRIBUTES,
      connectedAt: this.connectedAt,
      lastActiveAt: this.lastActiveAt,
      platforms: this.platforms,
      version: this.version,
    };
  }

  get viewed(): Viewed {
    return { shown: this.shown, groups: this.groups, hiddenFrom: HIDDEN_FROM_NOBODY };
  }

  private get versions(): ChoiceVersions {
    const { channelVersion } = this;
    return Number.isNaN(channelVersion) ? this.choiceVersions : { channel: channelVersion };
  }

  private get session(): Session {
    return {
      sessionId: this.sessionId,
      node: this.node,
      platform: this.platforms[0]!,
      connectedAt: this.connectedAt,
      lastActiveAt: this.lastActiveAt,
      heartbeatDueAt: this.heartbeatDueAt,
      tokenExpiresAt: this.tokenExpiresAt,
      graceEndsAt: undefined,
      lostBecause: undefined,
      terms: this.terms,
      succeeds: undefined,
      attributes: NO_SESSION_ATTRIBUTES,
      groups: this.groups,
      tokenIssuedAt: this.tokenIssuedAt,
      joinRights: this.joinRights,
    };
  }

  private set({ own, choiceVersions }: User, session: Session): void {
    this.sessionId = session.sessionId;
    this.node = session.node;
    this.platforms = own.platforms;
    this.channelId = own.channelId;
    this.status = own.status;
    this.isMicrophoneMuted = own.isMicrophoneMuted;
    this.isSpeakerMuted = own.isSpeakerMuted;
    const channelVersion = onlyChannelVersion(choiceVersions);
    this.channelVersion = channelVersion ?? NOT_SET;
    this.choiceVersions = channelVersion === undefined ? choiceVersions : NO_CHOICES;
    this.terms = session.terms;
    this.groups = session.groups;
    this.joinRights = session.joinRights;
    this.tokenIssuedAt = session.tokenIssuedAt;
    this.tokenExpiresAt = session.tokenExpiresAt;
    this.heartbeatDueAt = session.heartbeatDueAt;
    this.connectedAt = session.connectedAt;
    this.lastActiveAt = session.lastActiveAt;
    this.version = own.version;
  }
}

/** Whether a `PlainUser` can represent the user exactly. `session`: the first one. */
function isPlain(user: User, session: Session): boolean {
  return (
    user.sessions.length === 1 &&
    user.own === user.shown &&
    user.accessRules === NO_ACCESS_RULES &&
    isInOneChannel(user, session) &&
    hasNoChoice(user) &&
    isPlainSession(session) &&
    hasSameFacts(user.own, user, session)
  );
}

function isInOneChannel(user: User, { sessionId }: Session): boolean {
  const channelSessionId = user.channelId === undefined ? undefined : sessionId;
  return (
    user.channelSessionId === channelSessionId &&
    user.earlierChannels.length === 0 &&
    user.channelHistory === undefined
  );
}

function hasNoChoice(user: User): boolean {
  return (
    user.choice === 'AUTOMATIC' &&
    user.statusText === '' &&
    user.choiceExpiresAt === undefined &&
    user.visibleSince === undefined &&
    user.moderatorMute === NOT_MODERATED
  );
}

function isPlainSession(session: Session): boolean {
  return (
    session.graceEndsAt === undefined &&
    session.lostBecause === undefined &&
    session.succeeds === undefined &&
    session.attributes.size === 0
  );
}

/** Whether the presence has the values of the user and its session. Records of other versions may differ. */
function hasSameFacts(own: Presence, user: User, session: Session): boolean {
  return (
    own.userId === user.userId &&
    own.status !== 'OFFLINE' &&
    own.statusText === '' &&
    own.channelId === user.channelId &&
    own.otherChannelIds.length === 0 &&
    own.isMicrophoneMuted === user.isMicrophoneMuted &&
    own.isSpeakerMuted === user.isSpeakerMuted &&
    own.moderatorMute === NOT_MODERATED &&
    own.attributes.size === 0 &&
    own.connectedAt === session.connectedAt &&
    own.lastActiveAt === session.lastActiveAt &&
    own.platforms.length === 1 &&
    own.platforms[0] === session.platform
  );
}
