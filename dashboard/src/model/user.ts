/** How available a user is. */
export type Status = 'online' | 'idle' | 'offline' | 'do-not-disturb' | 'away';

/** Everything a status can be, in the order in which people look for it. */
export const STATUSES: readonly Status[] = ['online', 'idle', 'away', 'do-not-disturb', 'offline'];

/** What the dashboard needs to know of a user. The client library's `Presence` is one. */
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

/** How one user changed. Who is new has no `previous`, who has gone no `current`. */
export interface UserChange {
  readonly userId: string;
  readonly previous: User | undefined;
  readonly current: User | undefined;
  /** Why, as the client library names it; `snapshot` when it was found so. */
  readonly reason: string;
  readonly occurredAt: Date | undefined;
}

const NAMES: Readonly<Record<Status, string>> = {
  online: 'Online',
  idle: 'Idle',
  offline: 'Offline',
  'do-not-disturb': 'Do not disturb',
  away: 'Away',
};

export function nameOf(status: Status): string {
  return NAMES[status];
}
