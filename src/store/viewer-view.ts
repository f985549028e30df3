import type { GroupList } from '../domain/group-list.js';
import { HIDDEN_FROM_NOBODY } from '../domain/access-rules.js';
import { channelIdsOf, LISTED_STATUSES, unknownPresence } from '../domain/presence.js';
import type { Presence, Status } from '../domain/presence.js';
import { NO_GROUPS } from '../domain/user.js';
import { presenceSeenBy, type Viewed } from '../domain/visibility.js';
import type { Viewer } from '../domain/viewer.js';
import { mergeSorted } from './merge-sorted.js';
import { NOBODY, type CountedUsers, type PresenceIndex } from './presence-index.js';
import {
  noCounts,
  sumOf,
  type ListedStatus,
  type PresenceList,
  type PresenceReader,
  type Slice,
  type StatusCounts,
} from './presence-reader.js';
import type { VisibleUsers } from './visible-users.js';

/** Whether a user whom the viewer sees with `seen` is in a list. */
type Passes = (seen: Presence, viewed: Viewed) => boolean;

const EVERYONE: Passes = () => true;

/** A user who hides or has hidden from the viewer. */
interface Hider {
  readonly viewed: Viewed;
  /** The presence that the viewer would see if the user hid from nobody. */
  readonly unhidden: Presence;
  /** The status that the viewer sees. */
  readonly seen: Status;
}

/**
 * The presences as a viewer sees them who does not see every user or channel, or from whom users hide.
 * `presenceSeenBy` decides about each user. The indexes only supply the candidates. If the viewer may see all users
 * of an index, the counts of the index are used, and corrected for users who hide or have hidden from the viewer.
 */
export class ViewerView implements PresenceReader {
  // One request may ask for the counts of many channels and groups.
  private knownHiders: readonly Hider[] | undefined;
  private hidersByChannel: ReadonlyMap<string, readonly Hider[]> | undefined;
  private hidersByGroup: ReadonlyMap<string, readonly Hider[]> | undefined;

  constructor(
    private readonly viewer: Viewer,
    private readonly index: PresenceIndex,
    private readonly viewedOf: (userId: string) => Viewed | undefined,
    /** The users whom viewers with the same rights see, if they are known. */
    private readonly visible: VisibleUsers | undefined,
  ) {}

  presence(userId: string): Presence {
    const viewed = this.viewedOf(userId);
    return viewed ? presenceSeenBy(this.viewer, viewed) : unknownPresence(userId);
  }

  groupsOf(userId: string): GroupList {
    const isOnline = this.presence(userId).status !== 'OFFLINE';
    return isOnline ? this.viewedOf(userId)!.groups : NO_GROUPS;
  }

  listed(statuses: readonly Status[], after?: string, slice?: Slice): PresenceList {
    const seesEveryone = this.viewer.groups === undefined;
    const sources =
      this.visible?.withStatus(statuses) ??
      (seesEveryone ? this.index.withStatus(statuses) : this.sources());
    const lists = sources.map((ids) => ids.after(after));
    // Users who hide from the viewer, whom it sees with another status, and its own user, whom it sees whatever its rights.
    lists.push(this.index.hidingFrom(this.viewer.userId).after(after));
    if (!seesEveryone) lists.push(itself(this.viewer, after));
    return this.seenOf(mergeSorted(lists), ({ status }) => statuses.includes(status), slice);
  }

  countListed(statuses: readonly Status[]): number {
    return sumOf(this.counts, statuses);
  }

  get counts(): StatusCounts {
    if (this.viewer.groups === undefined) return despiteHiding(this.index.counts, this.hiders);
    const sources = this.visible === undefined ? this.sources() : [];
    // All users in one set have the same right to be seen, so the counters of the largest one are enough.
    const largest = this.visible ?? sources.reduce((a, b) => (b.size > a.size ? b : a), NOBODY);
    const counts = despiteHiding(
      largest.counts,
      this.hiders.filter(({ unhidden }) => largest.has(unhidden.userId)),
    );
    const others = new Set([this.viewer.userId]);
    for (const ids of sources) if (ids !== largest) for (const id of ids.after()) others.add(id);
    for (const id of others) {
      const { status } = largest.has(id) ? unknownPresence(id) : this.presence(id);
      if (status !== 'OFFLINE') counts[status]++;
    }
    return counts;
  }

  members(channelId: string, after?: string, slice?: Slice): PresenceList {
    return this.seenOf(this.index.inChannel(channelId).after(after), isIn(channelId), slice);
  }

  countMembers(channelId: string): number {
    return sumOf(this.countsIn(channelId), LISTED_STATUSES);
  }

  countsIn(channelId: string): StatusCounts {
    const { mayWatch } = this.viewer;
    const users = this.index.inChannel(channelId);
    if (mayWatch !== undefined && !mayWatch(channelId)) return this.count(users, isIn(channelId));
    this.hidersByChannel ??= groupBy(this.hiders, ({ unhidden }) => channelIdsOf(unhidden));
    return despiteHiding(users.counts, this.hidersByChannel.get(channelId) ?? []);
  }

  inGroup(groupId: string, after?: string, slice?: Slice): PresenceList {
    return this.seenOf(this.index.inGroup(groupId).after(after), EVERYONE, slice);
  }

  countsInGroup(groupId: string): StatusCounts {
    const { groups } = this.viewer;
    const users = this.index.inGroup(groupId);
    if (groups !== undefined && !groups.has(groupId)) return this.count(users, EVERYONE);
    this.hidersByGroup ??= groupBy(this.hiders, ({ viewed }) => viewed.groups);
    return despiteHiding(users.counts, this.hidersByGroup.get(groupId) ?? []);
  }

  private sources(): readonly CountedUsers[] {
    return [...sourcesOf(this.viewer, this.index)].filter((users) => users !== undefined);
  }

  /** Users who hide or have hidden from the viewer, and whom its rights let it see. */
  private get hiders(): readonly Hider[] {
    return (this.knownHiders ??= [...this.findHiders()]);
  }

  private *findHiders(): Generator<Hider> {
    for (const userId of this.index.hidingFrom(this.viewer.userId).after()) {
      const viewed = this.viewedOf(userId);
      if (viewed === undefined) continue;
      const unhidden = presenceSeenBy(this.viewer, { ...viewed, hiddenFrom: HIDDEN_FROM_NOBODY });
      if (unhidden.status === 'OFFLINE') continue;
      yield { viewed, unhidden, seen: presenceSeenBy(this.viewer, viewed).status };
    }
  }

  private count(users: CountedUsers, passes: Passes): StatusCounts {
    const counts = noCounts();
    for (const { status } of this.seenOf(users.after(), passes))
      if (status !== 'OFFLINE') counts[status]++;
    return counts;
  }

  private *seenOf(ids: Iterable<string>, passes: Passes, slice?: Slice): PresenceList {
    for (const id of ids) {
      const viewed = this.viewedOf(id);
      const seen = viewed && presenceSeenBy(this.viewer, viewed);
      if (seen !== undefined && seen.status !== 'OFFLINE' && passes(seen, viewed!)) yield seen;
      if (slice?.isOver) return id;
    }
    return undefined;
  }
}

function* itself({ userId }: Viewer, after = ''): Generator<string, undefined> {
  if (userId > after) yield userId;
}

/**
 * Yields the sets of users whom a viewer with groups sees, and undefined for each channel that it may not watch. Channels that
 * appear or vanish meanwhile may be left out.
 */
export function* sourcesOf(
  { groups, mayWatch }: Viewer,
  index: PresenceIndex,
): Generator<CountedUsers | undefined> {
  for (const groupId of groups ?? []) yield index.inGroup(groupId);
  for (const [channelId, users] of index.channels)
    yield mayWatch === undefined || mayWatch(channelId) ? users : undefined;
}

/** Returns the counts of users corrected by what the viewer sees of those who hide or have hidden from it. */
function despiteHiding(all: StatusCounts, hiders: readonly Hider[]): Record<ListedStatus, number> {
  const counts = { ...all };
  for (const { unhidden, seen } of hiders) {
    if (unhidden.status !== 'OFFLINE') counts[unhidden.status]--;
    if (seen !== 'OFFLINE') counts[seen]++;
  }
  return counts;
}

/** Returns the elements by key. An element can have several keys. */
function groupBy<T>(
  elements: readonly T[],
  keysOf: (element: T) => Iterable<string>,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const element of elements) {
    for (const key of keysOf(element)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [element]);
      else group.push(element);
    }
  }
  return groups;
}

function isIn(channelId: string): Passes {
  return (seen) => seen.channelId === channelId || seen.otherChannelIds.includes(channelId);
}
