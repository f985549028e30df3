import { HIDDEN_FROM_NOBODY } from '../domain/access-rules.js';
import { channelIdsOf, LISTED_STATUSES, unknownPresence } from '../domain/presence.js';
import type { Presence, Status } from '../domain/presence.js';
import { publicPresenceTo, type Viewed } from '../domain/visibility.js';
import type { Viewer } from '../domain/viewer.js';
import { mergeSorted } from './merge-sorted.js';
import { NOBODY, type CountedUsers, type PresenceIndex } from './presence-index.js';
import { noCounts, sumOf, type PresenceReader, type StatusCounts } from './presence-reader.js';

/** Whether a user whom the viewer sees with `seen` is in a list. */
type Passes = (seen: Presence, viewed: Viewed) => boolean;

const EVERYONE: Passes = () => true;

/**
 * The presences as a viewer sees them who does not see every user or channel, or from whom users hide.
 * `publicPresenceTo` decides about each user. The indexes only supply the candidates. If the viewer may see all users
 * of an index, the counts of the index are used, and corrected for users who hide or have hidden from the viewer.
 */
export class ViewerView implements PresenceReader {
  constructor(
    private readonly viewer: Viewer,
    private readonly index: PresenceIndex,
    private readonly viewedOf: (userId: string) => Viewed | undefined,
  ) {}

  presence(userId: string): Presence {
    const viewed = this.viewedOf(userId);
    return viewed ? publicPresenceTo(this.viewer, viewed) : unknownPresence(userId);
  }

  listed(statuses: readonly Status[], after?: string): Generator<Presence> {
    const { sources } = this;
    const lists = (sources ?? this.index.withStatus(statuses)).map((ids) => ids.after(after));
    // Those whom the viewer sees with another status, or whatever its rights.
    lists.push(this.special(sources === undefined ? [] : [this.viewer.userId], after));
    return this.seenOf(mergeSorted(lists), ({ status }) => statuses.includes(status));
  }

  countListed(statuses: readonly Status[]): number {
    return sumOf(this.counts, statuses);
  }

  get counts(): StatusCounts {
    const { sources } = this;
    if (sources === undefined) return this.despiteHiding(this.index.counts, EVERYONE);
    // All users in one set have the same right to be seen, so the counters of the largest one are enough.
    const largest = sources.reduce((a, b) => (b.size > a.size ? b : a), NOBODY);
    const counts = { ...this.despiteHiding(largest.counts, ({ userId }) => largest.has(userId)) };
    const others = new Set([this.viewer.userId]);
    for (const ids of sources) if (ids !== largest) for (const id of ids.after()) others.add(id);
    for (const id of others) {
      const { status } = largest.has(id) ? unknownPresence(id) : this.presence(id);
      if (status !== 'OFFLINE') counts[status]++;
    }
    return counts;
  }

  members(channelId: string, after?: string): Generator<Presence> {
    return this.seenOf(this.index.inChannel(channelId).after(after), isIn(channelId));
  }

  countMembers(channelId: string): number {
    return sumOf(this.countsIn(channelId), LISTED_STATUSES);
  }

  countsIn(channelId: string): StatusCounts {
    const { mayWatch } = this.viewer;
    const isOpen = mayWatch === undefined || mayWatch(channelId);
    return this.countsOf(this.index.inChannel(channelId), isOpen, isIn(channelId));
  }

  inGroup(groupId: string, after?: string): Generator<Presence> {
    return this.seenOf(this.index.inGroup(groupId).after(after), EVERYONE);
  }

  countsInGroup(groupId: string): StatusCounts {
    const { groups } = this.viewer;
    const isOpen = groups === undefined || groups.has(groupId);
    return this.countsOf(this.index.inGroup(groupId), isOpen, (_, viewed) =>
      viewed.groups.includes(groupId),
    );
  }

  /** The sets of users whom the viewer sees. Undefined: it sees every user. */
  private get sources(): readonly CountedUsers[] | undefined {
    const { groups, mayWatch } = this.viewer;
    if (groups === undefined) return undefined;
    const sources = [...groups].map((groupId) => this.index.inGroup(groupId));
    for (const [channelId, users] of this.index.channels)
      if (mayWatch === undefined || mayWatch(channelId)) sources.push(users);
    return sources;
  }

  /** `isOpen`: whether the rights of the viewer let it see all of the users. */
  private countsOf(users: CountedUsers, isOpen: boolean, passes: Passes): StatusCounts {
    if (isOpen) return this.despiteHiding(users.counts, passes);
    const counts = noCounts();
    for (const { status } of this.seenOf(users.after(), passes))
      if (status !== 'OFFLINE') counts[status]++;
    return counts;
  }

  /** Corrects the counts of all users who pass by what the viewer sees of those who hide or have hidden from it. */
  private despiteHiding(all: StatusCounts, passes: Passes): StatusCounts {
    const counts = { ...all };
    for (const userId of this.index.hidingFrom(this.viewer.userId)) {
      const viewed = this.viewedOf(userId);
      if (viewed === undefined) continue;
      const unhidden = publicPresenceTo(this.viewer, { ...viewed, hiddenFrom: HIDDEN_FROM_NOBODY });
      if (unhidden.status === 'OFFLINE' || !passes(unhidden, viewed)) continue;
      counts[unhidden.status]--;
      const { status } = publicPresenceTo(this.viewer, viewed);
      if (status !== 'OFFLINE') counts[status]++;
    }
    return counts;
  }

  private *seenOf(ids: Iterable<string>, passes: Passes): Generator<Presence> {
    for (const id of ids) {
      const viewed = this.viewedOf(id);
      if (viewed === undefined) continue;
      const seen = publicPresenceTo(this.viewer, viewed);
      if (seen.status !== 'OFFLINE' && passes(seen, viewed)) yield seen;
    }
  }

  /** These users and those who hide or have hidden from the viewer, sorted. */
  private *special(userIds: readonly string[], after = ''): Generator<string, undefined> {
    const all = [...userIds, ...this.index.hidingFrom(this.viewer.userId)].sort();
    for (const userId of all) if (userId > after) yield userId;
  }
}

function isIn(channelId: string): Passes {
  return (seen) => channelIdsOf(seen).includes(channelId);
}
