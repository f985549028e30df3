/** How available a user is, as others are shown it. */
export type Status = 'ONLINE' | 'IDLE' | 'OFFLINE' | 'DO_NOT_DISTURB' | 'AWAY';

/** The statuses a listed user can have: all but OFFLINE. */
export const LISTED_STATUSES = [
  'ONLINE',
  'IDLE',
  'DO_NOT_DISTURB',
  'AWAY',
] as const satisfies readonly Status[];

/** One view of a user over all sessions. Never changed in place: the log, the lists and the answers share it. */
export interface Presence {
  readonly userId: string;
  readonly status: Status;
  readonly statusText: string;
  readonly channelId: string | undefined;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  /** When the oldest session that others may know of began. Milliseconds since the epoch, as all times here. */
  readonly connectedAt: number | undefined;
  readonly lastActiveAt: number | undefined;
  /** One entry per kind, sorted. */
  readonly platforms: readonly string[];
  /** Grows with every change; see `nextVersion`. Zero: never seen. */
  readonly version: number;
}

const NO_PLATFORMS: readonly string[] = [];

/** The presence of somebody the service knows nothing of. */
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
 * What is left to see of a user who went. The one way in which a presence becomes OFFLINE, whether the last session
 * ended or the user became invisible, so that nobody can tell the two apart.
 */
export function offlineFrom(before: Presence, version: number): Presence {
  return {
    ...before,
    status: 'OFFLINE',
    statusText: '',
    channelId: undefined,
    connectedAt: undefined,
    platforms: NO_PLATFORMS,
    version,
  };
}

/** Whether two presences of a user look the same. The last activity may lag, so alone it is no change. */
export function presenceEquals(a: Presence, b: Presence): boolean {
  return (
    a.status === b.status &&
    a.statusText === b.statusText &&
    a.channelId === b.channelId &&
    a.isMicrophoneMuted === b.isMicrophoneMuted &&
    a.isSpeakerMuted === b.isSpeakerMuted &&
    !connectionChanged(a, b)
  );
}

/** Whether what the user is connected with, or since when, differs. */
export function connectionChanged(a: Presence, b: Presence): boolean {
  return a.connectedAt !== b.connectedAt || platformsDiffer(a.platforms, b.platforms);
}

function platformsDiffer(a: readonly string[], b: readonly string[]): boolean {
  // Most commits share the list; then it need not even be fetched from memory.
  return a !== b && (a.length !== b.length || a.some((platform, i) => platform !== b[i]));
}

/**
 * The version after `version`: the clock in microseconds, or one more where the clock has not moved on. It grows
 * over restarts without being stored, and its jumps do not tell how much an invisible user did meanwhile.
 * (A hybrid logical clock: Kulkarni et al., "Logical Physical Clocks", 2014.)
 */
export function nextVersion(version: number, now: number): number {
  return Math.max(version + 1, now * 1000);
}
