import {
  areSame,
  channelIdsOf,
  LISTED_STATUSES,
  unknownPresence,
  type Presence,
  type Status,
} from '../domain/presence.js';
import { SortedIdSet } from './sorted-id-set.js';

/** The number of users with each status, except OFFLINE. */
export type StatusCounts = Readonly<Record<ListedStatus, number>>;

type ListedStatus = (typeof LISTED_STATUSES)[number];

/** The members of a channel, and how many of them have each status. One object, because there may be many channels. */
class ChannelMembers extends SortedIdSet implements Record<ListedStatus, number> {
  ONLINE = 0;
  IDLE = 0;
  DO_NOT_DISTURB = 0;
  AWAY = 0;
}

function noCounts(): Record<ListedStatus, number> {
  return { ONLINE: 0, IDLE: 0, DO_NOT_DISTURB: 0, AWAY: 0 };
}

/**
 * The shown presences, in listing order. The view contains nothing else, so no list, count or snapshot from it can
 * distinguish an invisible user from one who is OFFLINE.
 */
export class PresenceView {
  private readonly byStatus = new Map<Status, SortedIdSet>(
    LISTED_STATUSES.map((status) => [status, new SortedIdSet()]),
  );
  private readonly byChannel = new Map<string, ChannelMembers>();

  /** `shownOf`: returns the shown presence that the store holds of a user. */
  constructor(
    private readonly shownOf: (userId: string) => Presence | undefined,
    private readonly refresh: () => Promise<void>,
  ) {}

  /** Resolves when the view reflects every change that any node acknowledged before the call. */
  awaitCurrent(): Promise<void> {
    return this.refresh();
  }

  /** The number of channels with at least one user. */
  get channels(): number {
    return this.byChannel.size;
  }

  presence(userId: string): Presence {
    return this.shownOf(userId) ?? unknownPresence(userId);
  }

  /** Users with one of `statuses` and an id after `after`, ordered by id. No list contains OFFLINE users. */
  listed(statuses: readonly Status[], after?: string): Generator<Presence> {
    return this.presencesOf(mergeSorted(this.setsOf(statuses).map((ids) => ids.after(after))));
  }

  countListed(statuses: readonly Status[]): number {
    return this.setsOf(statuses).reduce((sum, ids) => sum + ids.size, 0);
  }

  /** The number of users with each status. */
  get counts(): StatusCounts {
    const counts = noCounts();
    for (const status of LISTED_STATUSES) counts[status] = this.byStatus.get(status)!.size;
    return counts;
  }

  /** The number of users with each status in a channel. */
  countsIn(channelId: string): StatusCounts {
    const { ONLINE, IDLE, DO_NOT_DISTURB, AWAY } = this.byChannel.get(channelId) ?? noCounts();
    return { ONLINE, IDLE, DO_NOT_DISTURB, AWAY };
  }

  /** Users in a channel with an id after `after`, ordered by id. */
  members(channelId: string, after?: string): Generator<Presence> {
    return this.presencesOf(this.byChannel.get(channelId)?.after(after) ?? []);
  }

  countMembers(channelId: string): number {
    return this.byChannel.get(channelId)?.size ?? 0;
  }

  /** Replaces the shown presence of a user. */
  update(before: Presence, after: Presence): void {
    if (before.status !== after.status) {
      this.byStatus.get(before.status)?.delete(after.userId);
      this.byStatus.get(after.status)?.add(after.userId);
    }
    if (before.channelId === undefined && after.channelId === undefined) return;
    if (
      before.status !== after.status ||
      before.channelId !== after.channelId ||
      !areSame(before.otherChannelIds, after.otherChannelIds)
    ) {
      this.move(before, after);
    }
  }

  private move(before: Presence, after: Presence): void {
    const [left, joined] = [channelIdsOf(before), channelIdsOf(after)];
    for (const channelId of left) this.leave(channelId, before, joined.includes(channelId));
    for (const channelId of joined) this.join(channelId, after, left.includes(channelId));
  }

  private leave(channelId: string, { userId, status }: Presence, isStaying: boolean): void {
    const members = this.byChannel.get(channelId)!;
    if (status !== 'OFFLINE') members[status]--;
    if (isStaying) return;
    members.delete(userId);
    if (members.size === 0) this.byChannel.delete(channelId);
  }

  private join(channelId: string, { userId, status }: Presence, isStaying: boolean): void {
    let members = this.byChannel.get(channelId);
    if (members === undefined) {
      members = new ChannelMembers();
      this.byChannel.set(channelId, members);
    }
    if (status !== 'OFFLINE') members[status]++;
    if (!isStaying) members.add(userId);
  }

  private setsOf(statuses: readonly Status[]): readonly SortedIdSet[] {
    return [...new Set(statuses)].flatMap((status) => this.byStatus.get(status) ?? []);
  }

  private *presencesOf(ids: Iterable<string>): Generator<Presence> {
    for (const id of ids) yield this.presence(id);
  }
}

/** Merges ordered sequences without common elements into one ordered sequence, lazily. */
function* mergeSorted(sequences: readonly Iterator<string>[]): Generator<string> {
  const heads = sequences.map((sequence) => ({ sequence, head: sequence.next() }));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const candidate of heads) {
      if (candidate.head.done) continue;
      if (first === undefined || candidate.head.value < first.head.value) first = candidate;
    }
    if (first === undefined) return;
    yield first.head.value;
    first.head = first.sequence.next();
  }
}
