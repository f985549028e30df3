import {
  LISTED_STATUSES,
  unknownPresence,
  type Presence,
  type Status,
} from '../domain/presence.js';
import { merge } from './merge-sorted.js';
import { SortedIdSet } from './sorted-id-set.js';

/**
 * What everyone may see, kept in the order in which it is listed. It knows presences as others are shown them and
 * nothing else, so that no list, count or snapshot read from it can tell an invisible user from one who is away.
 */
export class PresenceView {
  private readonly byStatus = new Map<Status, SortedIdSet>(
    LISTED_STATUSES.map((status) => [status, new SortedIdSet()]),
  );
  private readonly byChannel = new Map<string, SortedIdSet>();

  /** `shownOf`: what the store holds of a user as others are shown it. */
  constructor(private readonly shownOf: (userId: string) => Presence | undefined) {}

  /** How many channels somebody is in. */
  get channels(): number {
    return this.byChannel.size;
  }

  presence(userId: string): Presence {
    return this.shownOf(userId) ?? unknownPresence(userId);
  }

  /** Users with one of `statuses` after `after`, ordered by id. OFFLINE is in no list. */
  listed(statuses: readonly Status[], after?: string): Generator<Presence> {
    return this.presencesOf(merge(this.setsOf(statuses).map((ids) => ids.after(after))));
  }

  countListed(statuses: readonly Status[]): number {
    return this.setsOf(statuses).reduce((sum, ids) => sum + ids.size, 0);
  }

  /** Users in a channel after `after`, ordered by id. */
  members(channelId: string, after?: string): Generator<Presence> {
    return this.presencesOf(this.byChannel.get(channelId)?.after(after) ?? []);
  }

  countMembers(channelId: string): number {
    return this.byChannel.get(channelId)?.size ?? 0;
  }

  /** Takes in what others are shown of a user from now on, instead of what they were shown before. */
  update(before: Presence, after: Presence): void {
    if (before.status !== after.status) {
      this.byStatus.get(before.status)?.delete(after.userId);
      this.byStatus.get(after.status)?.add(after.userId);
    }
    if (before.channelId !== after.channelId) this.move(before, after);
  }

  private move(before: Presence, after: Presence): void {
    if (before.channelId !== undefined) {
      const left = this.byChannel.get(before.channelId);
      left?.delete(before.userId);
      if (left?.size === 0) this.byChannel.delete(before.channelId);
    }
    if (after.channelId === undefined) return;
    let joined = this.byChannel.get(after.channelId);
    if (joined === undefined) this.byChannel.set(after.channelId, (joined = new SortedIdSet()));
    joined.add(after.userId);
  }

  private setsOf(statuses: readonly Status[]): readonly SortedIdSet[] {
    return [...new Set(statuses)].flatMap((status) => this.byStatus.get(status) ?? []);
  }

  private *presencesOf(ids: Iterable<string>): Generator<Presence> {
    for (const id of ids) yield this.presence(id);
  }
}
