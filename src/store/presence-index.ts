import type { Hidings } from '../domain/access-rules.js';
import {
  areSame,
  channelIdsOf,
  LISTED_STATUSES,
  type Presence,
  type Status,
} from '../domain/presence.js';
import type { Viewed } from '../domain/visibility.js';
import { noCounts, sumOf, type ListedStatus, type StatusCounts } from './presence-reader.js';
import { SortedIdSet } from './sorted-id-set.js';

/**
 * The users in a channel or in a group, and how many of them have each status. One object, because there may be many
 * channels and groups.
 */
export class CountedUsers extends SortedIdSet implements Record<ListedStatus, number> {
  ONLINE = 0;
  IDLE = 0;
  DO_NOT_DISTURB = 0;
  AWAY = 0;

  get counts(): StatusCounts {
    const { ONLINE, IDLE, DO_NOT_DISTURB, AWAY } = this;
    return { ONLINE, IDLE, DO_NOT_DISTURB, AWAY };
  }
}

/** Must not be changed. */
export const NOBODY: CountedUsers = new CountedUsers();

/** The ids of all users by shown status, channel and group, and by the viewers from whom they hide. */
export class PresenceIndex {
  private readonly byStatus = new Map<Status, SortedIdSet>(
    LISTED_STATUSES.map((status) => [status, new SortedIdSet()]),
  );
  private readonly byChannel = new Map<string, CountedUsers>();
  private readonly byGroup = new Map<string, CountedUsers>();
  private readonly byViewer = new Map<string, SortedIdSet>();

  /** The channels with at least one user. */
  get channels(): ReadonlyMap<string, CountedUsers> {
    return this.byChannel;
  }

  /** The number of users who are not OFFLINE, and of channels. */
  get size(): number {
    return sumOf(this.counts, LISTED_STATUSES) + this.byChannel.size;
  }

  get counts(): StatusCounts {
    const counts = noCounts();
    for (const status of LISTED_STATUSES) counts[status] = this.byStatus.get(status)!.size;
    return counts;
  }

  /** The users with each of `statuses`. */
  withStatus(statuses: readonly Status[]): readonly SortedIdSet[] {
    return [...new Set(statuses)].flatMap((status) => this.byStatus.get(status) ?? []);
  }

  inChannel(channelId: string): CountedUsers {
    return this.byChannel.get(channelId) ?? NOBODY;
  }

  inGroup(groupId: string): CountedUsers {
    return this.byGroup.get(groupId) ?? NOBODY;
  }

  /** The users of whom a viewer sees something else than others do, because they hide from it or have hidden from it. */
  hidingFrom(viewerId: string): SortedIdSet {
    return this.byViewer.get(viewerId) ?? NOBODY;
  }

  /** Replaces what others see of a user. */
  update(before: Viewed, after: Viewed): void {
    const { shown: was } = before;
    const { shown: is } = after;
    if (was.status !== is.status) {
      this.byStatus.get(was.status)?.delete(is.userId);
      this.byStatus.get(is.status)?.add(is.userId);
    }
    if (was.channelId !== undefined || is.channelId !== undefined) this.moveChannels(was, is);
    if (before.groups !== after.groups || was.status !== is.status) {
      const left = [...before.groups];
      const joined = before.groups === after.groups ? left : [...after.groups];
      move(this.byGroup, was, left, is, joined);
    }
    if (before.hiddenFrom !== after.hiddenFrom)
      this.hide(is.userId, before.hiddenFrom, after.hiddenFrom);
  }

  /** Replaces the viewers of whom a user hides or has hidden. */
  hide(userId: string, before: Hidings, after: Hidings): void {
    for (const viewerId of before.keys()) {
      if (after.has(viewerId)) continue;
      const hiding = this.byViewer.get(viewerId);
      hiding?.delete(userId);
      if (hiding?.size === 0) this.byViewer.delete(viewerId);
    }
    for (const viewerId of after.keys()) {
      let hiding = this.byViewer.get(viewerId);
      if (hiding === undefined) this.byViewer.set(viewerId, (hiding = new SortedIdSet()));
      hiding.add(userId);
    }
  }

  private moveChannels(before: Presence, after: Presence): void {
    if (
      before.status !== after.status ||
      before.channelId !== after.channelId ||
      !areSame(before.otherChannelIds, after.otherChannelIds)
    )
      move(this.byChannel, before, channelIdsOf(before), after, channelIdsOf(after));
  }
}

/** Moves a user from the sets that it was in to those that it is in now. */
function move(
  sets: Map<string, CountedUsers>,
  before: Presence,
  left: readonly string[],
  after: Presence,
  joined: readonly string[],
): void {
  const isStaying = areSame(left, joined);
  if (isStaying && before.status === after.status) return;
  for (const id of left) leave(sets, id, before, isStaying || joined.includes(id));
  for (const id of joined) join(sets, id, after, isStaying || left.includes(id));
}

function leave(
  sets: Map<string, CountedUsers>,
  id: string,
  { userId, status }: Presence,
  isStaying: boolean,
): void {
  const users = sets.get(id)!;
  if (status !== 'OFFLINE') users[status]--;
  if (isStaying) return;
  users.delete(userId);
  if (users.size === 0) sets.delete(id);
}

function join(
  sets: Map<string, CountedUsers>,
  id: string,
  { userId, status }: Presence,
  isStaying: boolean,
): void {
  let users = sets.get(id);
  if (users === undefined) {
    users = new CountedUsers();
    sets.set(id, users);
  }
  if (status !== 'OFFLINE') users[status]++;
  if (!isStaying) users.add(userId);
}
