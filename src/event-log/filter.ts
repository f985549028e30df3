import type { Change } from '../domain/event.js';
import type { LogEntry } from './entry.js';

/** What a reader wants to see. Naming neither users nor channels follows everyone, naming no kinds all kinds. */
export interface Filter {
  readonly userIds: ReadonlySet<string>;
  readonly channelIds: ReadonlySet<string>;
  readonly kinds: ReadonlySet<Change['kind']>;
}

export function followsEveryone(filter: Filter): boolean {
  return filter.userIds.size === 0 && filter.channelIds.size === 0;
}

export function wantsEverything(filter: Filter): boolean {
  return followsEveryone(filter) && filter.kinds.size === 0;
}

/** Whether an event is for this reader. Someone who has just left a channel is still news to those who watch it. */
export function matches(filter: Filter, entry: LogEntry): boolean {
  if (filter.kinds.size > 0 && !filter.kinds.has(entry.kind)) return false;
  return (
    followsEveryone(filter) ||
    filter.userIds.has(entry.userId) ||
    (entry.channelId !== undefined && filter.channelIds.has(entry.channelId)) ||
    (entry.previousChannelId !== undefined && filter.channelIds.has(entry.previousChannelId))
  );
}
