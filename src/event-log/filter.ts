import type { EventKind } from '../domain/event.js';
import type { LogEntry } from './entry.js';

/**
 * The events that a reader wants. A filter without users and channels matches all users; a filter without kinds
 * matches all kinds.
 */
export interface Filter {
  readonly userIds: ReadonlySet<string>;
  readonly channelIds: ReadonlySet<string>;
  readonly kinds: ReadonlySet<EventKind>;
}

export function followsEveryone(filter: Filter): boolean {
  return filter.userIds.size === 0 && filter.channelIds.size === 0;
}

export function wantsEverything(filter: Filter): boolean {
  return followsEveryone(filter) && filter.kinds.size === 0;
}

/**
 * Whether an event matches the filter. An event of a user who leaves a channel still matches a filter on that
 * channel.
 */
export function matches(filter: Filter, entry: LogEntry): boolean {
  if (filter.kinds.size > 0 && !filter.kinds.has(entry.kind)) return false;
  return (
    followsEveryone(filter) ||
    filter.userIds.has(entry.userId) ||
    (entry.channelId !== undefined && filter.channelIds.has(entry.channelId)) ||
    (entry.previousChannelId !== undefined && filter.channelIds.has(entry.previousChannelId)) ||
    entry.otherChannelIds.some((channelId) => filter.channelIds.has(channelId))
  );
}
