import type { Viewer } from '../domain/viewer.js';
import type { CommitFacts } from './commit-facts.js';
import type { LogEntry } from './entry.js';
import { followsEveryone, type Interest } from './filter.js';
import { put, take } from './reader-sets.js';
import { RightsIndex } from './rights-index.js';

/**
 * Maps users, channels and groups to their subscriptions, so that the cost of an event depends on its followers and not
 * on all readers.
 */
export class InterestIndex<Reader> {
  /** Readers who follow everyone and see everyone. */
  readonly unfiltered = new Set<Reader>();
  private readonly byUser = new Map<string, Set<Reader>>();
  private readonly byChannel = new Map<string, Set<Reader>>();
  private readonly byGroup = new Map<string, Set<Reader>>();
  /** Readers who follow everyone whom they see. */
  private readonly restricted: RightsIndex<Reader>;

  /** `isSeen`: whether a commit changes anything for viewers with the same rights. */
  constructor(isSeen: (viewer: Viewer, facts: CommitFacts) => boolean) {
    this.restricted = new RightsIndex(isSeen);
  }

  add({ viewer, filter }: Interest, reader: Reader): void {
    if (followsEveryone(filter)) {
      if (viewer.rights === '') this.unfiltered.add(reader);
      else this.restricted.add(viewer, reader);
    }
    for (const userId of filter.userIds) put(this.byUser, userId, reader);
    for (const channelId of filter.channelIds) put(this.byChannel, channelId, reader);
    for (const groupId of filter.groupIds) put(this.byGroup, groupId, reader);
  }

  delete({ viewer, filter }: Interest, reader: Reader): void {
    if (followsEveryone(filter)) {
      this.unfiltered.delete(reader);
      this.restricted.delete(viewer, reader);
    }
    for (const userId of filter.userIds) take(this.byUser, userId, reader);
    for (const channelId of filter.channelIds) take(this.byChannel, channelId, reader);
    for (const groupId of filter.groupIds) take(this.byGroup, groupId, reader);
  }

  /**
   * Yields the readers that follow the user, or one of the channels or groups of an event, and those who follow everyone
   * whom they see. A reader can occur more than once. Yields undefined after a check that takes long: the caller can pause
   * there, and readers can be added and deleted meanwhile.
   */
  *followersOf(entry: LogEntry): Generator<Reader | undefined> {
    yield* this.byUser.get(entry.userId) ?? [];
    const { channelId, previousChannelId, otherChannelIds, facts } = entry;
    if (channelId !== undefined) yield* this.byChannel.get(channelId) ?? [];
    if (previousChannelId !== undefined && previousChannelId !== channelId) {
      yield* this.byChannel.get(previousChannelId) ?? [];
    }
    for (const other of otherChannelIds) yield* this.byChannel.get(other) ?? [];
    // Readers with groups or restrictions receive all events of a commit at its first entry.
    if (facts?.first !== entry.position) return;
    // No such reader continues at a commit without the state before it.
    if (facts.before === undefined) return;
    if (this.byGroup.size > 0) {
      for (const groupId of facts.before.groups) yield* this.byGroup.get(groupId) ?? [];
      for (const groupId of facts.after.groups) yield* this.byGroup.get(groupId) ?? [];
    }
    if (this.restricted.size > 0) yield* this.restricted.readersOf(facts);
  }

  /** The number of users, channels and groups that are followed. */
  get size(): number {
    return this.byUser.size + this.byChannel.size + this.byGroup.size;
  }
}
