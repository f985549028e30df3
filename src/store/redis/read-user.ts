import type { Hiding } from '../../domain/access-rules.js';
import { NO_ATTRIBUTES, NO_SESSION_ATTRIBUTES } from '../../domain/attributes.js';
import { STATUSES, type Presence } from '../../domain/presence.js';
import type { SessionTerms } from '../../domain/terms.js';
import {
  LOSS_REASONS,
  STATUS_CHOICES,
  type Membership,
  type Session,
  type User,
} from '../../domain/user.js';
import { userOf } from './user-record.codec.js';

/** A record that is damaged, or that an incompatible version of the service has written. */
export class UnreadableRecord extends Error {}

const KNOWN_STATUSES: ReadonlySet<unknown> = new Set(STATUSES);
const KNOWN_CHOICES: ReadonlySet<unknown> = new Set(STATUS_CHOICES);
const KNOWN_LOSS_REASONS: ReadonlySet<unknown> = new Set([undefined, ...LOSS_REASONS]);

/** Decodes the fields of a user record. Throws `UnreadableRecord` for values that the rules could not process. */
export function readUser(userId: string, fields: unknown): User {
  try {
    const user = userOf(userId, fields);
    if (passes(IN_USER, user)) return user;
  } catch {
    // The error below replaces this one, because it must not contain user data.
  }
  throw new UnreadableRecord('a user record is unreadable');
}

/** For each field, whether its value is one that the rules can process. The compiler reports a missing field. */
type Checks<Stored> = Readonly<Record<keyof Stored, (stored: Stored) => boolean>>;

const USER_CHECKS: Checks<Omit<User, 'userId'>> = {
  sessions: ({ sessions }) => sessions.every((session) => passes(IN_SESSION, session)),
  channelId: ({ channelId }) => channelId === undefined || isText(channelId),
  channelSessionId: ({ channelSessionId }) =>
    channelSessionId === undefined || isText(channelSessionId),
  earlierChannels: ({ earlierChannels }) => earlierChannels.every(isMembership),
  channelHistory: ({ channelHistory }) =>
    channelHistory === undefined ||
    (isTime(channelHistory.clearedAt) &&
      isTime(channelHistory.joinedAt) &&
      channelHistory.left.every(({ channelId, version }) => isText(channelId) && isTime(version))),
  isMicrophoneMuted: isDecoded,
  isSpeakerMuted: isDecoded,
  moderatorMute: isDecoded,
  choice: ({ choice }) => KNOWN_CHOICES.has(choice),
  statusText: ({ statusText }) => isText(statusText),
  choiceExpiresAt: ({ choiceExpiresAt }) => isTimeOrNone(choiceExpiresAt),
  visibleSince: ({ visibleSince }) => isTimeOrNone(visibleSince),
  choiceVersions: isDecoded,
  accessRules: ({ accessRules: { hiddenFrom, tokensValidFrom } }) =>
    isTimeOrNone(tokensValidFrom) &&
    [...hiddenFrom.keys()].every(isText) &&
    [...new Set(hiddenFrom.values())].every(isHiding),
  own: ({ own }) => passes(IN_PRESENCE, own),
  shown: ({ own, shown }) => shown === own || passes(IN_PRESENCE, shown),
};

const SESSION_CHECKS: Checks<Session> = {
  sessionId: ({ sessionId }) => isText(sessionId),
  node: ({ node }) => isText(node),
  platform: ({ platform }) => isText(platform),
  connectedAt: ({ connectedAt }) => isTime(connectedAt),
  lastActiveAt: ({ lastActiveAt }) => isTime(lastActiveAt),
  heartbeatDueAt: ({ heartbeatDueAt }) => isTimeOrNone(heartbeatDueAt),
  tokenExpiresAt: ({ tokenExpiresAt }) => isTimeOrNone(tokenExpiresAt),
  graceEndsAt: ({ graceEndsAt }) => isTimeOrNone(graceEndsAt),
  lostBecause: ({ lostBecause }) => KNOWN_LOSS_REASONS.has(lostBecause),
  terms: ({ terms }) => terms === undefined || passes(IN_TERMS, terms),
  // Any value is harmless: a session that it does not name has no effect.
  succeeds: isDecoded,
  attributes: ({ attributes }) =>
    attributes === NO_SESSION_ATTRIBUTES ||
    [...attributes].every(
      ([key, { value, version, expiresAt }]) =>
        isText(key) && isText(value) && isTime(version) && isTimeOrNone(expiresAt),
    ),
  groups: ({ groups }) => groups.every(isText),
  tokenIssuedAt: ({ tokenIssuedAt }) => isTimeOrNone(tokenIssuedAt),
  joinRights: ({ joinRights }) => joinRights === undefined || isText(joinRights),
};

const TERMS_CHECKS: Checks<SessionTerms> = {
  idleTimeoutMs: ({ idleTimeoutMs }) => isTime(idleTimeoutMs),
  heartbeatTimeoutMs: ({ heartbeatTimeoutMs }) => isTime(heartbeatTimeoutMs),
  reconnectGraceMs: ({ reconnectGraceMs }) => isTime(reconnectGraceMs),
};

const PRESENCE_CHECKS: Checks<Omit<Presence, 'userId'>> = {
  status: ({ status }) => KNOWN_STATUSES.has(status),
  statusText: ({ statusText }) => isText(statusText),
  channelId: ({ channelId }) => channelId === undefined || isText(channelId),
  otherChannelIds: ({ otherChannelIds }) =>
    Array.isArray(otherChannelIds) && otherChannelIds.every(isText),
  isMicrophoneMuted: isDecoded,
  isSpeakerMuted: isDecoded,
  moderatorMute: isDecoded,
  attributes: ({ attributes }) =>
    attributes === NO_ATTRIBUTES ||
    [...attributes].every(([key, value]) => isText(key) && isText(value)),
  connectedAt: ({ connectedAt }) => isTimeOrNone(connectedAt),
  lastActiveAt: ({ lastActiveAt }) => isTimeOrNone(lastActiveAt),
  platforms: ({ platforms }) => Array.isArray(platforms) && platforms.every(isText),
  version: ({ version }) => Number.isSafeInteger(version) && version >= 0,
};

const [IN_USER, IN_SESSION, IN_TERMS, IN_PRESENCE] = [
  checksIn(USER_CHECKS),
  checksIn(SESSION_CHECKS),
  checksIn(TERMS_CHECKS),
  checksIn(PRESENCE_CHECKS),
];

function checksIn<Stored>(checks: Checks<Stored>): readonly ((stored: Stored) => boolean)[] {
  return Object.values<(stored: Stored) => boolean>(checks).filter((check) => check !== isDecoded);
}

function passes<Stored>(checks: readonly ((stored: Stored) => boolean)[], stored: Stored): boolean {
  for (const check of checks) if (!check(stored)) return false;
  return true;
}

/** The check of a field whose decoding accepts any stored value. */
function isDecoded(): boolean {
  return true;
}

function isHiding({ presence, endedAt, endedVersion, activeUntil }: Hiding): boolean {
  const isPresence = presence === undefined || passes(IN_PRESENCE, presence);
  return isPresence && isTimeOrNone(endedAt) && isTime(endedVersion) && isTimeOrNone(activeUntil);
}

function isMembership({ channelId, sessionId, joinedAt }: Membership): boolean {
  return isText(channelId) && isText(sessionId) && isTime(joinedAt);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTime(value: unknown): boolean {
  return Number.isFinite(value);
}

function isTimeOrNone(value: unknown): boolean {
  return value === undefined || isTime(value);
}
