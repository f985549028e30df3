import { LISTED_STATUSES, type Presence } from '../domain/presence.js';
import { followsEveryone, type Filter } from '../event-log/filter.js';
import type { PresenceView } from '../store/presence-view.js';

/**
 * Returns all presences that match a filter, at one point in time. Named users are included even if they are OFFLINE.
 * A filter without users and channels matches everyone who is not OFFLINE.
 */
export function snapshotOf(view: PresenceView, filter: Filter): readonly Presence[] {
  if (followsEveryone(filter)) return [...view.listed(LISTED_STATUSES)];
  const presences = new Map<string, Presence>();
  for (const userId of filter.userIds) presences.set(userId, view.presence(userId));
  for (const channelId of filter.channelIds) {
    for (const presence of view.members(channelId)) presences.set(presence.userId, presence);
  }
  return [...presences.values()];
}
