import type { LogEntry } from './entry.js';
import { followsEveryone, type Filter } from './filter.js';

/**
 * Maps users and channels to their subscriptions, so that the cost of an event depends on its followers and not on
 * all readers.
 */
export class InterestIndex<Reader> {
  private readonly byUser = new Map<string, Set<Reader>>();
  private readonly byChannel = new Map<string, Set<Reader>>();
  /** Readers whose filters name neither users nor channels. */
  readonly unfiltered = new Set<Reader>();

  add(filter: Filter, reader: Reader): void {
    if (followsEveryone(filter)) this.unfiltered.add(reader);
    for (const userId of filter.userIds) put(this.byUser, userId, reader);
    for (const channelId of filter.channelIds) put(this.byChannel, channelId, reader);
  }

  delete(filter: Filter, reader: Reader): void {
    this.unfiltered.delete(reader);
    for (const userId of filter.userIds) take(this.byUser, userId, reader);
    for (const channelId of filter.channelIds) take(this.byChannel, channelId, reader);
  }

  /**
   * Yields the readers that follow the user or one of the channels of an event. A reader can occur more than once.
   */
  *followersOf(entry: LogEntry): Generator<Reader> {
    yield* this.byUser.get(entry.userId) ?? [];
    const { channelId, previousChannelId, otherChannelIds } = entry;
    if (channelId !== undefined) yield* this.byChannel.get(channelId) ?? [];
    if (previousChannelId !== undefined && previousChannelId !== channelId) {
      yield* this.byChannel.get(previousChannelId) ?? [];
    }
    for (const other of otherChannelIds) yield* this.byChannel.get(other) ?? [];
  }

  /** The number of users and channels that are followed. */
  get size(): number {
    return this.byUser.size + this.byChannel.size;
  }
}

function put<Reader>(index: Map<string, Set<Reader>>, key: string, reader: Reader): void {
  let readers = index.get(key);
  if (readers === undefined) index.set(key, (readers = new Set()));
  readers.add(reader);
}

function take<Reader>(index: Map<string, Set<Reader>>, key: string, reader: Reader): void {
  const readers = index.get(key);
  readers?.delete(reader);
  if (readers?.size === 0) index.delete(key);
}
