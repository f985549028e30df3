import { LAST_SECOND } from '../clock/clock.js';
import { membershipsOf } from '../domain/memberships.js';
import { channelIdsOf, type Presence as DomainPresence, type Status } from '../domain/presence.js';
import type { Session as DomainSession, User } from '../domain/user.js';
import type { Timestamp } from './generated/google/protobuf/timestamp.pb.js';
import {
  PresenceStatus,
  type Presence,
  type Session,
} from './generated/presence/v1/presence.pb.js';

/** The enum value of each status in the contract. */
export const STATUS_ON_WIRE: Readonly<Record<Status, PresenceStatus>> = {
  ONLINE: PresenceStatus.PRESENCE_STATUS_ONLINE,
  IDLE: PresenceStatus.PRESENCE_STATUS_IDLE,
  DO_NOT_DISTURB: PresenceStatus.PRESENCE_STATUS_DO_NOT_DISTURB,
  AWAY: PresenceStatus.PRESENCE_STATUS_AWAY,
  OFFLINE: PresenceStatus.PRESENCE_STATUS_OFFLINE,
};

/** The messages of users without attributes share it. It must not be changed. */
const NO_ATTRIBUTES = new Map<string, string>();

/** The presence that was converted last, and its message. */
let converted: { readonly presence: DomainPresence; readonly message: Presence } | undefined;

/** Converts a presence. The message must not be changed: the event and the response of a command share it. */
export function toPresenceMessage(presence: DomainPresence): Presence {
  if (converted?.presence !== presence) converted = { presence, message: messageOf(presence) };
  return converted.message;
}

function messageOf(presence: DomainPresence): Presence {
  return {
    userId: presence.userId,
    status: STATUS_ON_WIRE[presence.status],
    currentChannelId: presence.channelId,
    isMicrophoneMuted: presence.isMicrophoneMuted,
    isSpeakerMuted: presence.isSpeakerMuted,
    connectedAt: timestampMessage(presence.connectedAt),
    lastActiveAt: timestampMessage(presence.lastActiveAt),
    version: presence.version,
    statusText: presence.statusText,
    platforms: [...presence.platforms],
    channelIds: [...channelIdsOf(presence)],
    attributes: presence.attributes.size === 0 ? NO_ATTRIBUTES : new Map(presence.attributes),
    isMicrophoneMutedByModerator: presence.moderatorMute.isMicrophoneMuted,
    isSpeakerMutedByModerator: presence.moderatorMute.isSpeakerMuted,
  };
}

/** Converts one session of a user. */
export function sessionMessage(user: User, session: DomainSession): Session {
  const joined = membershipsOf(user).filter(({ sessionId }) => sessionId === session.sessionId);
  return {
    sessionId: session.sessionId,
    userId: user.userId,
    connectedAt: timestampMessage(session.connectedAt),
    lastActiveAt: timestampMessage(session.lastActiveAt),
    platform: session.platform,
    channelIds: joined.map(({ channelId }) => channelId).sort(),
    attributes: new Map([...session.attributes].map(([key, { value }]) => [key, value])),
  };
}

/** The first second of year 1, in seconds since the epoch. `google.protobuf.Timestamp` can hold the years 1 to 9999. */
const FIRST_SECOND = -62_135_596_800;

/** Whether a Timestamp can hold a time in seconds since the epoch. */
export function isTimestampSecond(seconds: number): boolean {
  return seconds >= FIRST_SECOND && seconds <= LAST_SECOND;
}

/**
 * Converts milliseconds since the epoch. Returns undefined for a time that a Timestamp cannot hold; no client will be
 * running then.
 */
export function timestampMessage(ms: number): Timestamp;
export function timestampMessage(ms: number | undefined): Timestamp | undefined;
export function timestampMessage(ms: number | undefined): Timestamp | undefined {
  if (ms === undefined) return undefined;
  const seconds = Math.floor(ms / 1000);
  if (!isTimestampSecond(seconds)) return undefined;
  return { seconds, nanos: (ms - seconds * 1000) * 1_000_000 };
}

/** Converts to milliseconds since the epoch, rounded down. */
export function fromTimestamp(timestamp: Timestamp | undefined): number | undefined {
  return timestamp && Math.floor(millisecondsOf(timestamp));
}

/** Converts to milliseconds since the epoch, with fractions. */
export function millisecondsOf({ seconds, nanos }: Timestamp): number {
  return seconds * 1000 + nanos / 1_000_000;
}
