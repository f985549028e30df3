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
  readonly channelId: string | undefined;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  /** When the oldest session that others may know of started, in milliseconds since the epoch, like all times here. */
  readonly connectedAt: number | undefined;
  readonly lastActiveAt: number | undefined;
  /** Each platform once, sorted. */
  readonly platforms: readonly string[];
  /** Grows with every change; see `nextVersion`. Zero: the service has never seen the user. */
  readonly version: number;
}

const NO_PLATFORMS: readonly string[] = [];

/** Returns the presence of a user whom the service does not know. */
export function unknownPresence(userId: string): Presence {
  return {
    userId,
    status: 'OFFLINE',
    statusText: '',
    channelId: undefined,
    isMicrophoneMuted: false,
    isSpeakerMuted: false,
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
    isMicrophoneMuted: before.isMicrophoneMuted,
    isSpeakerMuted: before.isSpeakerMuted,
    connectedAt: undefined,
    lastActiveAt: before.lastActiveAt,
    platforms: NO_PLATFORMS,
    version,
  };
}

/**
 * Returns the version after `version`: the clock in microseconds, or `version + 1` if the clock has not advanced.
 * Versions grow across restarts without being stored, and their jumps do not reveal how active an invisible user was.
 * (A hybrid logical clock: Kulkarni et al., "Logical Physical Clocks", 2014.)
 */
export function nextVersion(version: number, now: number): number {
  return Math.max(version + 1, now * 1000);
}
