import { NO_CHOICES, packed, type ChoiceVersions } from '../../domain/choice-versions.js';
import { sharedText } from '../../domain/shared-text.js';
import {
  isForgotten,
  NO_MEMBERSHIPS,
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
  trimmed,
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

type MembershipFields = readonly [channelId: string, sessionId: string];

/** Missing: a node of an earlier release wrote the record. Then the join counts as the last command that left all channels. */
type JoinVersion = number | null | undefined;

/** See `User.earlierChannels` and `ChannelHistory`. */
type ChannelFields = readonly [
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

export function userOf(userId: string, fields: unknown): User {
  const [
    sessions,
    channel,
    microphone,
    speaker,
    choice,
    text,
    expiresAt,
    visibleSince,
    own,
    shown,
    choices,
    channels,
    moderatorMuteBits,
    access,
  ] = fields as Stored<UserFields, LaterUserFields>;
  const ownPresence = presenceOf(userId, own);
  const readSessions = sessions.map(sessionOf);
  const current = channel === null ? undefined : currentChannelOf(channel, readSessions);
  const { earlierChannels, channelHistory } = channelsOf(channels);
  return {
    userId,
    sessions: readSessions,
    channelId: current?.channelId,
    channelSessionId: current?.sessionId,
    earlierChannels,
    channelHistory,
    isMicrophoneMuted: microphone === 1,
    isSpeakerMuted: speaker === 1,
    moderatorMute: moderatorMuteOf(moderatorMuteBits),
    choice,
    statusText: text,
    choiceExpiresAt: expiresAt ?? undefined,
    visibleSince: visibleSince ?? undefined,
    choiceVersions: choiceVersionsOf(choices, ownPresence.version),
    accessRules: accessRulesOf(userId, access),
    own: ownPresence,
    shown: shown === null ? ownPresence : presenceOf(userId, shown),
  };
}

function currentChannelFields({ channelId, channelSessionId }: User): MembershipFields | null {
  return channelId === undefined || channelSessionId === undefined
    ? null
    : [channelId, channelSessionId];
}

/** Decodes the current channel. It shares the string of the session, of which the record has two copies. */
function currentChannelOf(
  [channelId, id]: MembershipFields,
  sessions: readonly Session[],
): Omit<Membership, 'joinedAt'> {
  const holder = sessions.find(({ sessionId }) => sessionId === id);
  return { channelId: sharedText(channelId), sessionId: holder?.sessionId ?? id };
}

function channelFields({ earlierChannels, channelHistory }: User): ChannelFields | undefined {
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

function channelsOf(
  fields: ChannelFields | null | undefined,
): Pick<User, 'earlierChannels' | 'channelHistory'> {
  if (fields === undefined || fields === null)
    return { earlierChannels: NO_MEMBERSHIPS, channelHistory: undefined };
  const [earlier, clearedAt, left, joinedAt] = fields;
  return {
    earlierChannels:
      earlier.length === 0
        ? NO_MEMBERSHIPS
        : earlier.map(([channelId, sessionId, joinedAt]) => ({
            channelId,
            sessionId,
            joinedAt: joinedAt ?? clearedAt ?? 0,
          })),
    channelHistory:
      clearedAt === null
        ? undefined
        : {
            clearedAt,
            joinedAt: joinedAt ?? clearedAt,
            left: left.map(([channelId, version]) => ({ channelId, version })),
          },
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
  const [status, microphone, speaker, channel, moderation, hiding] = fields ?? [
    lastChange,
    lastChange,
    lastChange,
    lastChange,
  ];
  return packed({
    status: status ?? undefined,
    microphone: microphone ?? undefined,
    speaker: speaker ?? undefined,
    channel: channel ?? undefined,
    moderation: moderation ?? undefined,
    hiding: hiding ?? undefined,
  });
}
