import type { LogEntry } from './entry.js';
import { followsEveryone, type Filter } from './filter.js';

/** From users and channels to those who follow them, so that an event costs its followers and not all readers. */
export class InterestIndex<Reader> {
  private readonly byUser = new Map<string, Set<Reader>>();
  private readonly byChannel = new Map<string, Set<Reader>>();
  /** Those who name neither users nor channels. */
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

  /** The readers who follow the user or one of the channels of an event, some perhaps twice. */
  *followersOf(entry: LogEntry): Generator<Reader> {
    yield* this.byUser.get(entry.userId) ?? [];
    const { channelId, previousChannelId } = entry;
    if (channelId !== undefined) yield* this.byChannel.get(channelId) ?? [];
    if (previousChannelId !== undefined && previousChannelId !== channelId) {
      yield* this.byChannel.get(previousChannelId) ?? [];
    }
  }

  /** How many users and channels are followed. */
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
