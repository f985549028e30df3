/** The status of a user. */
export type Status = 'online' | 'idle' | 'offline' | 'do-not-disturb' | 'away';

/** The fields of a user that the dashboard needs. The `Presence` of the client library has them. */
export interface User {
  readonly userId: string;
  readonly status: Status;
  readonly statusText: string;
  readonly channelId: string | undefined;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  readonly platforms: readonly string[];
  readonly connectedAt: Date | undefined;
  readonly lastActiveAt: Date | undefined;
  readonly version: bigint;
}

/** A change of one user. `previous` is undefined for a new user, `current` for a user who has left. */
export interface UserChange {
  readonly userId: string;
  readonly previous: User | undefined;
  readonly current: User | undefined;
  /** The reason, as the client library names it; `snapshot` if a snapshot contained the change. */
  readonly reason: string;
  readonly occurredAt: Date | undefined;
}

/** The title of each status, in the order in which people search for them. */
const NAMES: Readonly<Record<Status, string>> = {
  online: 'Online',
  idle: 'Idle',
  away: 'Away',
  'do-not-disturb': 'Do not disturb',
  offline: 'Offline',
};

/** All statuses, in the same order. */
export const STATUSES = Object.keys(NAMES) as readonly Status[];

export function nameOf(status: Status): string {
  return NAMES[status];
}
