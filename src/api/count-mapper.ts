import { LISTED_STATUSES } from '../domain/presence.js';
import type { CountScope, StatusCounts } from '../store/presence-reader.js';
import type { PresenceCount } from './generated/presence/v1/presence.pb.js';
import { STATUS_ON_WIRE } from './proto-mappers.js';

/** Converts the counts of a channel, of a group, or of all users. A status that no user has is left out. */
export function countMessage(scope: CountScope | undefined, counts: StatusCounts): PresenceCount {
  return {
    scope: scopeMessage(scope),
    total: LISTED_STATUSES.reduce((sum, status) => sum + counts[status], 0),
    byStatus: LISTED_STATUSES.filter((status) => counts[status] > 0).map((status) => ({
      status: STATUS_ON_WIRE[status],
      count: counts[status],
    })),
  };
}

function scopeMessage(scope: CountScope | undefined): PresenceCount['scope'] {
  if (scope === undefined) return undefined;
  return 'groupId' in scope
    ? { $case: 'groupId', value: scope.groupId }
    : { $case: 'channelId', value: scope.channelId };
}
