import { LISTED_STATUSES } from '../domain/presence.js';
import type { StatusCounts } from '../store/presence-reader.js';
import type { PresenceCount } from './generated/presence/v1/presence.pb.js';
import { STATUS_ON_WIRE } from './proto-mappers.js';

/** Converts the counts of a channel, or of all users. A status that no user has is left out. */
export function countMessage(channelId: string | undefined, counts: StatusCounts): PresenceCount {
  return {
    scope: channelId === undefined ? undefined : { $case: 'channelId', value: channelId },
    total: LISTED_STATUSES.reduce((sum, status) => sum + counts[status], 0),
    byStatus: LISTED_STATUSES.filter((status) => counts[status] > 0).map((status) => ({
      status: STATUS_ON_WIRE[status],
      count: counts[status],
    })),
  };
}
