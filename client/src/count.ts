import type { PresenceCount as PresenceCountMessage } from './generated/presence/v1/presence_pb.js';
import { nameOfStatus, STATUS_VALUES, type Status } from './presence.js';

type PresentStatus = Exclude<Status, 'offline'>;

/** The number of users who are not offline, in one channel or everywhere. */
export interface PresenceCount {
  /** Undefined: everywhere. */
  readonly channelId: string | undefined;
  readonly total: number;
  /** The number of users with each status. */
  readonly byStatus: Readonly<Record<PresentStatus, number>>;
}

export function countOf({ scope, total, byStatus }: PresenceCountMessage): PresenceCount {
  const counts = Object.fromEntries(
    Object.keys(STATUS_VALUES)
      .filter((status) => status !== 'offline')
      .map((status) => [status, 0]),
  ) as Record<PresentStatus, number>;
  for (const { status, count } of byStatus) {
    const name = nameOfStatus(status);
    if (name !== 'offline') counts[name] += count;
  }
  return {
    channelId: scope.case === 'channelId' ? scope.value : undefined,
    total,
    byStatus: counts,
  };
}
