import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { PresenceStatus } from './generated/presence/v1/presence_pb.js';
import type {
  Presence as PresenceMessage,
  Session as SessionMessage,
} from './generated/presence/v1/presence_pb.js';

/** How available a user is. */
export type Status = 'online' | 'idle' | 'offline' | 'do-not-disturb' | 'away';

/** What others see of a user, over all devices. Never changes: a change makes another one. */
export interface Presence {
  readonly userId: string;
  readonly status: Status;
  /** Free text the user set. Empty when none is set. */
  readonly statusText: string;
  /** Undefined when the user is in none. */
  readonly channelId: string | undefined;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  /** What the user is connected with, sorted; for example "desktop", "mobile". Empty when offline. */
  readonly platforms: readonly string[];
  /** When the oldest live session began. Undefined when offline. */
  readonly connectedAt: Date | undefined;
  /** The last action on any device. Undefined when the service knows of none. */
  readonly lastActiveAt: Date | undefined;
  /** Of two presences of one user the one with the higher version is the newer. */
  readonly version: bigint;
}

/** One live connection of a user. */
export interface SessionInfo {
  readonly sessionId: string;
  readonly userId: string;
  readonly platform: string;
  readonly connectedAt: Date | undefined;
  readonly lastActiveAt: Date | undefined;
}

export const STATUS_VALUES: Readonly<Record<Status, PresenceStatus>> = {
  online: PresenceStatus.ONLINE,
  idle: PresenceStatus.IDLE,
  offline: PresenceStatus.OFFLINE,
  'do-not-disturb': PresenceStatus.DO_NOT_DISTURB,
  away: PresenceStatus.AWAY,
};

const STATUSES = new Map(
  Object.entries(STATUS_VALUES).map(([status, value]) => [value, status as Status]),
);

/** The message as users are given it. The contract has unknown statuses shown as ONLINE. */
export function presenceOf(message: PresenceMessage | undefined): Presence {
  if (message === undefined) throw new Error('the service left out a presence');
  return {
    userId: message.userId,
    status: STATUSES.get(message.status) ?? 'online',
    statusText: message.statusText,
    channelId: message.currentChannelId,
    isMicrophoneMuted: message.isMicrophoneMuted,
    isSpeakerMuted: message.isSpeakerMuted,
    platforms: message.platforms,
    connectedAt: dateOf(message.connectedAt),
    lastActiveAt: dateOf(message.lastActiveAt),
    version: message.version,
  };
}

export function sessionInfoOf(message: SessionMessage | undefined): SessionInfo {
  if (message === undefined) throw new Error('the service left out a session');
  return {
    sessionId: message.sessionId,
    userId: message.userId,
    platform: message.platform,
    connectedAt: dateOf(message.connectedAt),
    lastActiveAt: dateOf(message.lastActiveAt),
  };
}

/** Undefined also for a time that no `Date` can hold: it never comes. */
export function dateOf(timestamp: Timestamp | undefined): Date | undefined {
  const date = timestamp && timestampDate(timestamp);
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}
