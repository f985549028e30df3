import { NO_CHOICES, packed, type ChoiceVersions } from '../../domain/choice-versions.js';
import {
  isForgotten,
  NO_MEMBERSHIPS,
  STATUS_CHOICES,
  type Membership,
  type Session,
  type StatusChoice,
  type User,
} from '../../domain/user.js';
import { accessFields, accessRulesOf, type AccessFields } from './access-record.codec.js';
import { presenceFields, presenceOf, type StoredPresence } from './presence-record.codec.js';
import {
  bit,
  moderatorMuteOf,
  muteBits,
  oneOf,
  sharedWith,
  text,
  time,
  timeOrNone,
  trimmed,
  UnreadableRecord,
  type MuteBits,
  type Stored,
  type Written,
} from './record-fields.js';
import { sessionFields, sessionOf, type StoredSession } from './session-record.codec.js';

type UserFields = [
  sessions: readonly StoredSession[],
  channel: MembershipFields | null,
  isMicrophoneMuted: 0 | 1,
  isSpeakerMuted: 0 | 1,
  choice: StatusChoice,
  statusText: string,
  choiceExpiresAt: number | null,
  visibleSince: number | null,
  own: StoredPresence,
  /** Null: the same as `own`. */
  shown: StoredPresence | null,
];

type LaterUserFields = [
  /** Null: no choices. Missing in records of versions without choice versions. */
  choiceVersions: ChoiceFields | null,
  /** Missing: the user has used one channel at a time. */
  channels: ChannelFields | undefined,
  moderatorMute: MuteBits | undefined,
  accessRules: AccessFields | undefined,
];

/** A channel, and the session in it. */
export type MembershipFields = readonly [channelId: string, sessionId: string];

/** Missing: a node of an earlier release wrote the record. Then the join counts as the last command that left all channels. */
type JoinVersion = number | null | undefined;

/** See `User.earlierChannels` and `ChannelHistory`. */
export type ChannelFields = readonly [
  earlier: readonly (readonly [...MembershipFields, joinedAt: JoinVersion])[],
  clearedAt: number | null,
  left: readonly (readonly [channelId: string, version: number])[],
  joinedAt: JoinVersion,
];

type ChoiceFields = readonly [
  status: number | null,
  microphone: number | null,
  speaker: number | null,
  channel: number | null,
  /** Missing in records of versions without moderation. */
  moderation?: number | null,
  /** Missing in records of versions without hiding. */
  hiding?: number | null,
];

/** Encodes the record of a user. Empty: there is no state to store. */
export function formatUser(user: User): string {
  if (isForgotten(user)) return '';
  const fields: Written<UserFields, LaterUserFields> = [
    user.sessions.map(sessionFields),
    currentChannelFields(user),
    bit(user.isMicrophoneMuted),
    bit(user.isSpeakerMuted),
    user.choice,
    user.statusText,
    user.choiceExpiresAt ?? null,
    user.visibleSince ?? null,
    presenceFields(user.own),
    user.shown === user.own ? null : presenceFields(user.shown),
    choiceFields(user.choiceVersions),
    channelFields(user),
    muteBits(user.moderatorMute),
    accessFields(user.accessRules),
  ];
  return JSON.stringify(trimmed(fields));
}

/**
 * Decodes the fields of a user record. Throws `UnreadableRecord` for values that the rules could not process. `known` is the
 * state of the user before, if there is one: the result shares its texts and lists where they are equal.
 */
export function readUser(userId: string, fields: unknown, known?: User): User {
  try {
    return userOf(userId, fields as Stored<UserFields, LaterUserFields>, known);
  } catch {
    // The error of the decoder could contain user data.
    throw new UnreadableRecord('a user record is unreadable');
  }
}

const KNOWN_CHOICES: ReadonlySet<StatusChoice> = new Set(STATUS_CHOICES);

/** Fields are read by their index, because V8 reads them through an iterator if an array is destructured. */
function userOf(
  userId: string,
  fields: Stored<UserFields, LaterUserFields>,
  known: User | undefined,
): User {
  const channel = fields[1];
  const shown = fields[9];
  const own = presenceOf(userId, fields[8], known?.own);
  const sessions = sessionsOf(fields[0], known);
  const channels = fields[11];
  return {
    userId,
    sessions,
    channelId: channel === null ? undefined : sharedWith(own.channelId, channel[0]),
    channelSessionId: channel === null ? undefined : channelSessionOf(channel[1], sessions),
    earlierChannels: channels ? earlierChannelsOf(channels) : NO_MEMBERSHIPS,
    channelHistory: channels ? channelHistoryOf(channels) : undefined,
    isMicrophoneMuted: fields[2] === 1,
    isSpeakerMuted: fields[3] === 1,
    moderatorMute: moderatorMuteOf(fields[12]),
    choice: statusChoiceOf(fields[4]),
    statusText: text(fields[5]),
    choiceExpiresAt: timeOrNone(fields[6]),
    visibleSince: timeOrNone(fields[7]),
    choiceVersions: choiceVersionsOf(fields[10], own.version),
    accessRules: accessRulesOf(userId, fields[13]),
    own,
    shown: shown === null ? own : presenceOf(userId, shown, known?.shown),
  };
}

/** Decodes the choice of a status. */
export function statusChoiceOf(value: unknown): StatusChoice {
  return oneOf(KNOWN_CHOICES, value);
}

/** Decodes the sessions. Nearly all commits leave each of them at its position. */
export function sessionsOf(
  stored: readonly StoredSession[],
  known: User | undefined,
): readonly Session[] {
  return stored.map((fields, nth) => {
    const before = known?.sessions[nth];
    return sessionOf(fields, before?.sessionId === fields[0] ? before : undefined);
  });
}

function currentChannelFields({ channelId, channelSessionId }: User): MembershipFields | null {
  return channelId === undefined || channelSessionId === undefined
    ? null
    : [channelId, channelSessionId];
}

/** Decodes the session in the current channel. It shares the string of the session, of which the record has two copies. */
export function channelSessionOf(id: unknown, sessions: readonly Session[]): string {
  for (const { sessionId } of sessions) if (sessionId === id) return sessionId;
  return text(id);
}

/** Encodes the channels besides the current one. Undefined: the user has used one channel at a time. */
export function channelFields({
  earlierChannels,
  channelHistory,
}: User): ChannelFields | undefined {
  if (earlierChannels.length === 0 && channelHistory === undefined) return undefined;
  return [
    earlierChannels.map(
      ({ channelId, sessionId, joinedAt }) => [channelId, sessionId, joinedAt] as const,
    ),
    channelHistory?.clearedAt ?? null,
    channelHistory?.left.map(({ channelId, version }) => [channelId, version] as const) ?? [],
    channelHistory?.joinedAt,
  ];
}

/** Decodes `User.earlierChannels`. */
export function earlierChannelsOf([earlier, clearedAt]: ChannelFields): readonly Membership[] {
  if (earlier.length === 0) return NO_MEMBERSHIPS;
  return earlier.map(([channelId, sessionId, joinedAt]) => ({
    channelId: text(channelId),
    sessionId: text(sessionId),
    joinedAt: time(joinedAt ?? clearedAt ?? 0),
  }));
}

/** Decodes `User.channelHistory`. */
export function channelHistoryOf([
  ,
  clearedAt,
  left,
  joinedAt,
]: ChannelFields): User['channelHistory'] {
  if (clearedAt === null) return undefined;
  return {
    clearedAt: time(clearedAt),
    joinedAt: time(joinedAt ?? clearedAt),
    left: left.map(([channelId, version]) => ({
      channelId: text(channelId),
      version: time(version),
    })),
  };
}

function choiceFields(versions: ChoiceVersions): ChoiceFields | null {
  if (versions === NO_CHOICES) return null;
  const { status, microphone, speaker, channel, moderation, hiding } = versions;
  const kinds = [status ?? null, microphone ?? null, speaker ?? null, channel ?? null] as const;
  if (hiding !== undefined) return [...kinds, moderation ?? null, hiding];
  return moderation === undefined ? kinds : [...kinds, moderation];
}

/**
 * During a rolling upgrade, a record without choice versions comes from a node that does not know them. Its choices are
 * not newer than its last change, so the version of that change is used: no older choice can then win.
 */
function choiceVersionsOf(
  fields: ChoiceFields | null | undefined,
  lastChange: number,
): ChoiceVersions {
  if (fields === null) return NO_CHOICES;
  const versions = fields ?? [lastChange, lastChange, lastChange, lastChange];
  return packed({
    status: timeOrNone(versions[0]),
    microphone: timeOrNone(versions[1]),
    speaker: timeOrNone(versions[2]),
    channel: timeOrNone(versions[3]),
    moderation: timeOrNone(versions[4]),
    hiding: timeOrNone(versions[5]),
  });
}
