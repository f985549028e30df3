import { LAST_SECOND } from '../clock/clock.js';
import type { Presence as DomainPresence, Status } from '../domain/presence.js';
import type { Session as DomainSession } from '../domain/user.js';
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

export function toPresenceMessage(presence: DomainPresence): Presence {
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
  };
}

export function sessionMessage(userId: string, session: DomainSession): Session {
  return {
    sessionId: session.sessionId,
    userId,
    connectedAt: timestampMessage(session.connectedAt),
    lastActiveAt: timestampMessage(session.lastActiveAt),
    platform: session.platform,
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
  return timestamp && timestamp.seconds * 1000 + Math.floor(timestamp.nanos / 1_000_000);
}
