import { LISTED_STATUSES, type Presence } from '../domain/presence.js';
import { followsEveryone, type Filter } from '../event-log/filter.js';
import type { PresenceView } from '../store/presence-view.js';

/**
 * The presences that match a filter, taken at one moment. Users who are named are in it also when they are OFFLINE;
 * who names nobody is given everyone who is not.
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
