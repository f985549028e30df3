import type { GroupList } from '../domain/group-list.js';
import { unknownPresence, type Presence, type Status } from '../domain/presence.js';
import { NO_GROUPS } from '../domain/user.js';
import type { Viewed } from '../domain/visibility.js';
import type { Viewer } from '../domain/viewer.js';
import { mergeSorted } from './merge-sorted.js';
import { PresenceIndex } from './presence-index.js';
import {
  sumOf,
  type PresenceList,
  type PresenceReader,
  type Slice,
  type StatusCounts,
} from './presence-reader.js';
import { sourcesOf, ViewerView } from './viewer-view.js';
import { VisibleUsersByRights } from './visible-users.js';

/** Up to this number of users and channels, a list or count of those whom a viewer sees takes less than a millisecond. */
const FEW = 1000;

/** The users that the store holds. Undefined: nothing is known of the user. */
export interface ViewedUsers {
  shownOf(userId: string): Presence | undefined;
  viewedOf(userId: string): Viewed | undefined;
}

/**
 * The state of all users that can be read without waiting. As a reader it has the shown presences, in listing order,
 * for a viewer who sees every user and from whom no user hides. A reader contains nothing else, so no list, count or
 * snapshot from it can distinguish an invisible user from one who is OFFLINE.
 */
export class PresenceView implements PresenceReader {
  private readonly index = new PresenceIndex();
  private readonly visible = new VisibleUsersByRights((userId) => this.viewedOf(userId));
  private readonly revocations = new Map<string, number>();
  private readonly followers = new Set<Set<string>>();

  /** `usersOf`: returns the table that holds a user. */
  constructor(
    private readonly usersOf: (userId: string) => ViewedUsers,
    private readonly refresh: () => Promise<void>,
  ) {}

  /** Resolves when the view reflects every change that any node acknowledged before the call. */
  awaitCurrent(): Promise<void> {
    return this.refresh();
  }

  /** `AccessRules.tokensValidFrom` of every user with revoked tokens, by user id. */
  get tokensValidFrom(): ReadonlyMap<string, number> {
    return this.revocations;
  }

  /** The number of channels with at least one user. */
  get channels(): number {
    return this.index.channels.size;
  }

  /** Returns the presences as a viewer sees them. The result is valid until the next commit. */
  for(viewer: Viewer): PresenceReader {
    if (viewer.rights === '' && this.index.hidingFrom(viewer.userId).size === 0) return this;
    return new ViewerView(
      viewer,
      this.index,
      (userId) => this.viewedOf(userId),
      viewer.groups && this.visible.get(viewer),
    );
  }

  /** Whether a list or count of all users whom a viewer sees may take long without `prepare`. */
  needsPreparation({ groups }: Viewer): boolean {
    return groups !== undefined && this.index.size > FEW;
  }

  /**
   * Finds all users whom a viewer sees, in slices of the event loop. Without it, a list or count of all of them takes one
   * long slice if there are many users or channels. Lists and counts of one channel or group do not need it.
   */
  async prepare(viewer: Viewer): Promise<void> {
    if (!this.needsPreparation(viewer)) return;
    await this.visible.find(viewer, () => sourcesOf(viewer, this.index));
  }

  presence(userId: string): Presence {
    return this.usersOf(userId).shownOf(userId) ?? unknownPresence(userId);
  }

  groupsOf(userId: string): GroupList {
    return this.viewedOf(userId)?.groups ?? NO_GROUPS;
  }

  listed(statuses: readonly Status[], after?: string, slice?: Slice): PresenceList {
    const lists = this.index.withStatus(statuses).map((ids) => ids.after(after));
    return this.presencesOf(mergeSorted(lists), slice);
  }

  countListed(statuses: readonly Status[]): number {
    return sumOf(this.counts, statuses);
  }

  get counts(): StatusCounts {
    return this.index.counts;
  }

  members(channelId: string, after?: string, slice?: Slice): PresenceList {
    return this.presencesOf(this.index.inChannel(channelId).after(after), slice);
  }

  countMembers(channelId: string): number {
    return this.index.inChannel(channelId).size;
  }

  countsIn(channelId: string): StatusCounts {
    return this.index.inChannel(channelId).counts;
  }

  inGroup(groupId: string, after?: string, slice?: Slice): PresenceList {
    return this.presencesOf(this.index.inGroup(groupId).after(after), slice);
  }

  countsInGroup(groupId: string): StatusCounts {
    return this.index.inGroup(groupId).counts;
  }

  /**
   * Adds every user who changes from now on to `changed`, until the returned function is called. A reader that pauses reads
   * these users again, so that it has all users as of one moment.
   */
  follow(changed: Set<string>): () => void {
    this.followers.add(changed);
    return () => void this.followers.delete(changed);
  }

  /** Replaces what others see of a user. */
  update(before: Viewed, after: Viewed): void {
    this.index.update(before, after);
    this.visible.update(before, after);
    for (const changed of this.followers) changed.add(after.shown.userId);
  }

  /** Replaces the time before which tokens of a user are revoked. Undefined: none is. */
  updateTokensValidFrom(userId: string, validFrom: number | undefined): void {
    if (validFrom === undefined) this.revocations.delete(userId);
    else this.revocations.set(userId, validFrom);
  }

  private viewedOf(userId: string): Viewed | undefined {
    return this.usersOf(userId).viewedOf(userId);
  }

  private *presencesOf(ids: Iterable<string>, slice: Slice | undefined): PresenceList {
    for (const id of ids) {
      yield this.presence(id);
      if (slice?.isOver) return id;
    }
    return undefined;
  }
}
