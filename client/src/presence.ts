import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { attributesOf, type Attributes } from './attributes.js';
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
export interface Presence<A = Attributes> {
  readonly userId: string;
  readonly status: Status;
  /** The text that the user has set. Empty if there is none. */
  readonly statusText: string;
  /** The channel that the user joined last. Undefined if the user is in no channel. */
  readonly channelId: string | undefined;
  /** All channels of the user, sorted. */
  readonly channelIds: readonly string[];
  /** The state that applications have attached to the user, over all sessions. Empty when offline. */
  readonly attributes: Readonly<A>;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  /** Only a moderator lifts it. The user can be heard if neither this nor `isMicrophoneMuted` is true. */
  readonly isMicrophoneMutedByModerator: boolean;
  readonly isSpeakerMutedByModerator: boolean;
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
export interface SessionInfo<A = Attributes> {
  readonly sessionId: string;
  readonly userId: string;
  readonly platform: string;
  readonly connectedAt: Date | undefined;
  readonly lastActiveAt: Date | undefined;
  /** The channels that this session has joined, sorted. The user leaves them with it. */
  readonly channelIds: readonly string[];
  /** The attributes that this session has set. */
  readonly attributes: Readonly<A>;
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

/** Returns the name of a status. The contract requires that an unknown status is shown as ONLINE. */
export function nameOfStatus(status: PresenceStatus): Status {
  return nameOf<Status>(STATUS_NAMES, status) ?? 'online';
}

/** Converts the message of the service. */
export function presenceOf<A = Attributes>(message: PresenceMessage | undefined): Presence<A> {
  if (message === undefined) throw new Error('the response has no presence');
  const { currentChannelId, channelIds } = message;
  // An older service names only one channel.
  const isOlder = channelIds.length === 0 && currentChannelId !== undefined;
  return {
    userId: message.userId,
    status: nameOfStatus(message.status),
    statusText: message.statusText,
    channelId: currentChannelId,
    channelIds: isOlder ? [currentChannelId] : channelIds,
    attributes: attributesOf<A>(message.attributes),
    isMicrophoneMuted: message.isMicrophoneMuted,
    isSpeakerMuted: message.isSpeakerMuted,
    isMicrophoneMutedByModerator: message.isMicrophoneMutedByModerator,
    isSpeakerMutedByModerator: message.isSpeakerMutedByModerator,
    platforms: message.platforms,
    connectedAt: dateOf(message.connectedAt),
    lastActiveAt: dateOf(message.lastActiveAt),
    version: message.version,
  };
}

export function sessionInfoOf<A = Attributes>(message: SessionMessage | undefined): SessionInfo<A> {
  if (message === undefined) throw new Error('the response has no session');
  return {
    sessionId: message.sessionId,
    userId: message.userId,
    platform: message.platform,
    connectedAt: dateOf(message.connectedAt),
    lastActiveAt: dateOf(message.lastActiveAt),
    channelIds: message.channelIds,
    attributes: attributesOf<A>(message.attributes),
  };
}

/** Undefined also for a time beyond the range of `Date`, which is treated as never. */
export function dateOf(timestamp: Timestamp | undefined): Date | undefined {
  const date = timestamp && timestampDate(timestamp);
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}
