import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { PresenceStatus } from './generated/presence/v1/presence_pb.js';
import type {
  Presence as PresenceMessage,
  Session as SessionMessage,
} from './generated/presence/v1/presence_pb.js';

/** The name of each status. The compiler reports a status of the contract that is missing here. */
const STATUS_NAMES = {
  [PresenceStatus.ONLINE]: 'online',
  [PresenceStatus.IDLE]: 'idle',
  [PresenceStatus.OFFLINE]: 'offline',
  [PresenceStatus.DO_NOT_DISTURB]: 'do-not-disturb',
  [PresenceStatus.AWAY]: 'away',
} as const satisfies Record<Exclude<PresenceStatus, PresenceStatus.UNSPECIFIED>, string>;

/** The status of a user. */
export type Status = (typeof STATUS_NAMES)[keyof typeof STATUS_NAMES];

/** The visible state of a user over all devices. Immutable: a change creates a new object. */
export interface Presence {
  readonly userId: string;
  readonly status: Status;
  /** The text that the user has set. Empty if there is none. */
  readonly statusText: string;
  /** Undefined if the user is in no channel. */
  readonly channelId: string | undefined;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  /** The platforms of the user's sessions, sorted; for example "desktop", "mobile". Empty when offline. */
  readonly platforms: readonly string[];
  /** The start of the oldest live session. Undefined when offline. */
  readonly connectedAt: Date | undefined;
  /** The time of the last activity on any device. Undefined if the service knows of none. */
  readonly lastActiveAt: Date | undefined;
  /** Grows with every change: if two presences of one user differ, the one with the higher version is newer. */
  readonly version: bigint;
}

/** One live session of a user. */
export interface SessionInfo {
  readonly sessionId: string;
  readonly userId: string;
  readonly platform: string;
  readonly connectedAt: Date | undefined;
  readonly lastActiveAt: Date | undefined;
}

export const STATUS_VALUES = valuesByName<Status, PresenceStatus>(STATUS_NAMES);

/** Returns the name of a value of the contract. Undefined: the value is newer than this library. */
export function nameOf<Name>(
  names: Readonly<Record<number, Name>>,
  value: number,
): Name | undefined {
  return names[value];
}

/** Returns the values of the contract by their names in this library. */
export function valuesByName<Name extends string, Value extends number>(
  names: Readonly<Record<number, Name>>,
): Readonly<Record<Name, Value>> {
  const entries = Object.entries(names).map(([value, name]) => [name, Number(value)]);
  return Object.fromEntries(entries) as Record<Name, Value>;
}

/** Converts the message of the service. The contract requires that an unknown status is shown as ONLINE. */
export function presenceOf(message: PresenceMessage | undefined): Presence {
  if (message === undefined) throw new Error('the response has no presence');
  return {
    userId: message.userId,
    status: nameOf<Status>(STATUS_NAMES, message.status) ?? 'online',
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
  if (message === undefined) throw new Error('the response has no session');
  return {
    sessionId: message.sessionId,
    userId: message.userId,
    platform: message.platform,
    connectedAt: dateOf(message.connectedAt),
    lastActiveAt: dateOf(message.lastActiveAt),
  };
}

/** Undefined also for a time beyond the range of `Date`, which is treated as never. */
export function dateOf(timestamp: Timestamp | undefined): Date | undefined {
  const date = timestamp && timestampDate(timestamp);
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}
