import { NO_ATTRIBUTES, type Attributes } from './attributes.js';
import { NOT_MODERATED, type ModeratorMute } from './moderator-mute.js';

/** The statuses that a listed user can have: all except OFFLINE. */
export const LISTED_STATUSES = ['ONLINE', 'IDLE', 'DO_NOT_DISTURB', 'AWAY'] as const;

/** All statuses. */
export const STATUSES = [...LISTED_STATUSES, 'OFFLINE'] as const;

/** The availability of a user. */
export type Status = (typeof STATUSES)[number];

/**
 * One view of a user over all sessions. It is never changed in place, because the event log, lists and responses share
 * it.
 */
export interface Presence {
  readonly userId: string;
  readonly status: Status;
  readonly statusText: string;
  /** The channel that was joined last among those that the user is in. Undefined: none. */
  readonly channelId: string | undefined;
  /** The other channels that the user is in, in the order in which they were last joined. */
  readonly otherChannelIds: readonly string[];
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  readonly moderatorMute: ModeratorMute;
  readonly attributes: Attributes;
  /** When the oldest session that others may know of started, in milliseconds since the epoch, like all times here. */
  readonly connectedAt: number | undefined;
  readonly lastActiveAt: number | undefined;
  /** Each platform once, sorted. */
  readonly platforms: readonly string[];
  /** Grows with every change; see `nextVersion` in version.ts. Zero: the service has never seen the user. */
  readonly version: number;
}

const NO_PLATFORMS: readonly string[] = [];

/** The other channels of users who are in one channel at most. All of them share this list. */
export const NO_CHANNELS: readonly string[] = Object.freeze([]);

/** Returns the presence of a user whom the service does not know. */
export function unknownPresence(userId: string): Presence {
  return {
    userId,
    status: 'OFFLINE',
    statusText: '',
    channelId: undefined,
    otherChannelIds: NO_CHANNELS,
    isMicrophoneMuted: false,
    isSpeakerMuted: false,
    moderatorMute: NOT_MODERATED,
    attributes: NO_ATTRIBUTES,
    connectedAt: undefined,
    lastActiveAt: undefined,
    platforms: NO_PLATFORMS,
    version: 0,
  };
}

/**
 * Returns the presence of a user who becomes OFFLINE. The end of the last session and the choice INVISIBLE both use it,
 * so that others cannot distinguish them. Each field is listed, so that the compiler demands a decision for a new one.
 */
export function offlineFrom(before: Presence, version: number): Presence {
  return {
    userId: before.userId,
    status: 'OFFLINE',
    statusText: '',
    channelId: undefined,
    otherChannelIds: NO_CHANNELS,
    isMicrophoneMuted: before.isMicrophoneMuted,
    isSpeakerMuted: before.isSpeakerMuted,
    moderatorMute: before.moderatorMute,
    attributes: NO_ATTRIBUTES,
    connectedAt: undefined,
    lastActiveAt: before.lastActiveAt,
    platforms: NO_PLATFORMS,
    version,
  };
}

/** Returns all channels that a user is in, sorted. */
export function channelIdsOf({ channelId, otherChannelIds }: Presence): readonly string[] {
  if (channelId === undefined) return otherChannelIds;
  return otherChannelIds.length === 0 ? [channelId] : [channelId, ...otherChannelIds].sort();
}

/** Whether two lists have the same elements in the same order. */
export function areSame(a: readonly string[], b: readonly string[]): boolean {
  // Most commits share the list. The comparison of references then avoids reading it from memory.
  return a === b || (a.length === b.length && a.every((element, i) => element === b[i]));
}
