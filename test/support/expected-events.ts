import type { PresenceEvent } from '../../src/domain/event.js';
import { channelIdsOf } from '../../src/domain/presence.js';
import type { Viewer } from '../../src/domain/viewer.js';
import { eventsFor, presenceSeenBy, viewedOf, type Viewed } from '../../src/domain/visibility.js';
import type { Filter, Interest } from '../../src/event-log/filter.js';
import type { Commit } from '../../src/store/presence-store.js';

/** A slow and simple implementation of the events that a reader receives of one commit. */
export function expectedOf({ viewer, filter }: Interest, commit: Commit): readonly PresenceEvent[] {
  const [before, after] = [viewedOf(commit.before!), viewedOf(commit.user)];
  const { occurredAt, cause } = commit;
  const isNamed = [before, after].some((each) => isNamedBy(filter, viewer, each));
  const followed = {
    before: isNamed || isInGroupOf(filter, viewer, before),
    after: isNamed || isInGroupOf(filter, viewer, after),
  };
  return eventsFor(viewer, before, after, occurredAt, cause, followed).filter(
    ({ change }) => filter.kinds.size === 0 || filter.kinds.has(change.kind),
  );
}

function isNamedBy(filter: Filter, viewer: Viewer, viewed: Viewed): boolean {
  const { userIds, channelIds, groupIds } = filter;
  if (userIds.size + channelIds.size + groupIds.size === 0) return true;
  const seen = presenceSeenBy(viewer, viewed);
  return userIds.has(seen.userId) || channelIdsOf(seen).some((id) => channelIds.has(id));
}

function isInGroupOf({ groupIds }: Filter, viewer: Viewer, viewed: Viewed): boolean {
  const isOnline = presenceSeenBy(viewer, viewed).status !== 'OFFLINE';
  return isOnline && viewed.groups.some((id) => groupIds.has(id));
}

/** Returns a filter with only the channels and groups that a viewer may name. */
export function grantedIn(filter: Filter, { mayWatch, groups: own }: Viewer): Filter {
  const isGranted = (id: string): boolean => mayWatch?.(id) ?? true;
  return {
    ...filter,
    channelIds: new Set([...filter.channelIds].filter(isGranted)),
    groupIds: new Set([...filter.groupIds].filter((id) => own?.has(id) ?? true)),
  };
}
