import type { EventKind } from '../domain/event.js';
import type { Viewer } from '../domain/viewer.js';
import type { EventFields } from './entry.js';

/**
 * The events that a reader wants. A filter without users, channels and groups matches all users whom the reader sees; a
 * filter without kinds matches all kinds.
 */
export interface Filter {
  readonly userIds: ReadonlySet<string>;
  readonly channelIds: ReadonlySet<string>;
  readonly groupIds: ReadonlySet<string>;
  readonly kinds: ReadonlySet<EventKind>;
}

export const EVERYTHING: Filter = {
  userIds: new Set(),
  channelIds: new Set(),
  groupIds: new Set(),
  kinds: new Set(),
};

/** A reader of the log: who reads, and what. */
export interface Interest {
  readonly viewer: Viewer;
  readonly filter: Filter;
}

/**
 * Whether the events of a reader differ from those in the log, so that they are derived from the facts of commits.
 * Other readers need derived events only of users who hide from them.
 */
export function needsFacts({ viewer, filter }: Interest): boolean {
  return viewer.rights !== '' || filter.groupIds.size > 0;
}

export function followsEveryone({ userIds, channelIds, groupIds }: Filter): boolean {
  return userIds.size === 0 && channelIds.size === 0 && groupIds.size === 0;
}

export function wantsEverything(filter: Filter): boolean {
  return followsEveryone(filter) && filter.kinds.size === 0;
}

/** Whether a filter has the kind of an event. No filter has a silent entry. */
export function hasKind({ kinds }: Filter, { kind }: Pick<EventFields, 'kind'>): boolean {
  return kind !== undefined && (kinds.size === 0 || kinds.has(kind));
}

/**
 * Whether an event matches the kinds, users and channels of a filter. An event of a user who leaves a channel still
 * matches a filter on that channel.
 */
export function matches(filter: Filter, entry: EventFields): boolean {
  if (!hasKind(filter, entry)) return false;
  return (
    followsEveryone(filter) ||
    filter.userIds.has(entry.userId) ||
    (entry.channelId !== undefined && filter.channelIds.has(entry.channelId)) ||
    (entry.previousChannelId !== undefined && filter.channelIds.has(entry.previousChannelId)) ||
    entry.otherChannelIds.some((channelId) => filter.channelIds.has(channelId))
  );
}
