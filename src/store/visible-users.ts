import { haveSameGroups } from '../domain/group-list.js';
import { areSame, LISTED_STATUSES, type Status } from '../domain/presence.js';
import { presenceSeenBy, type Viewed } from '../domain/visibility.js';
import type { Viewer } from '../domain/viewer.js';
import { noCounts, type StatusCounts } from './presence-reader.js';
import { TimeSlice } from '../timers/time-slice.js';
import { SortedIdSet } from './sorted-id-set.js';

/** The maximum number of rights for which users are kept. Every commit that changes who sees a user costs as many checks. */
const MAX_RIGHTS = 100;

/** The maximum number of ids that are kept for all rights together, except for one of them. They take 32 MB. */
const MAX_IDS = 2_000_000;

/** A new search for the visible users costs at least as much as this number of updates of the known ones. */
const LEAST_CHANGES = 1000;

/**
 * The users whom all viewers with the same rights see, by shown status. It contains neither the viewer itself nor
 * considers from whom users hide, because both differ between these viewers.
 */
export class VisibleUsers {
  private readonly byStatus = new Map<Status, SortedIdSet>(
    LISTED_STATUSES.map((status) => [status, new SortedIdSet()]),
  );

  /** `viewer`: one with these rights and with no user id. */
  constructor(private readonly viewer: Viewer) {}

  get size(): number {
    let size = 0;
    for (const ids of this.byStatus.values()) size += ids.size;
    return size;
  }

  get counts(): StatusCounts {
    const counts = noCounts();
    for (const status of LISTED_STATUSES) counts[status] = this.byStatus.get(status)!.size;
    return counts;
  }

  has(userId: string): boolean {
    for (const ids of this.byStatus.values()) if (ids.has(userId)) return true;
    return false;
  }

  /** The users with each of `statuses`. */
  withStatus(statuses: readonly Status[]): readonly SortedIdSet[] {
    return [...new Set(statuses)].flatMap((status) => this.byStatus.get(status) ?? []);
  }

  add(viewed: Viewed): void {
    const { userId, status } = presenceSeenBy(this.viewer, viewed);
    this.byStatus.get(status)?.add(userId);
  }

  /** Replaces what others see of a user. */
  update(before: Viewed, after: Viewed): void {
    const { userId, status } = presenceSeenBy(this.viewer, before);
    this.byStatus.get(status)?.delete(userId);
    this.add(after);
  }
}

interface Kept {
  readonly users: VisibleUsers;
  /** Resolves when `users` is complete. */
  readonly found: Promise<void>;
  isComplete: boolean;
  /** The number of changes since the last use. */
  unused: number;
}

/**
 * Keeps the users whom viewers see, by their rights, while lists and counts of them are in use. To find them anew for each
 * read would cost the number of users and channels that the viewer may see.
 */
export class VisibleUsersByRights {
  /** The least recently used ones come first. */
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly viewedOf: (userId: string) => Viewed | undefined) {}

  /** Returns the users whom a viewer sees. Undefined: they are not known without `find`. */
  get({ rights }: Viewer): VisibleUsers | undefined {
    const kept = this.kept.get(rights);
    if (kept?.isComplete !== true) return undefined;
    kept.unused = 0;
    this.kept.delete(rights);
    this.kept.set(rights, kept);
    return kept.users;
  }

  /** Finds the users whom a viewer sees among `sources`, in slices of the event loop, and keeps them up to date. */
  async find(viewer: Viewer, sources: () => Iterable<SortedIdSet | undefined>): Promise<void> {
    const known = this.kept.get(viewer.rights);
    if (known !== undefined) return known.found;
    const users = new VisibleUsers({ ...viewer, userId: '' });
    const found = this.fill(users, sources()).then(() => {
      kept.isComplete = true;
      this.forgetLeastUsed(MAX_RIGHTS, MAX_IDS);
    });
    const kept: Kept = { users, found, isComplete: false, unused: 0 };
    this.kept.set(viewer.rights, kept);
    this.forgetLeastUsed(MAX_RIGHTS, Infinity);
    return found;
  }

  /** Replaces what others see of a user. */
  update(before: Viewed, after: Viewed): void {
    if (this.kept.size === 0 || !changesVisibility(before, after)) return;
    for (const [rights, kept] of this.kept) {
      if (kept.isComplete) kept.unused++;
      if (kept.unused > kept.users.size + LEAST_CHANGES) this.kept.delete(rights);
      else kept.users.update(before, after);
    }
  }

  /** Keeps at least the most recently used one. */
  private forgetLeastUsed(maxRights: number, maxIds: number): void {
    let ids = 0;
    for (const { users } of this.kept.values()) ids += users.size;
    for (const [rights, { users }] of this.kept) {
      if (this.kept.size === 1 || (this.kept.size <= maxRights && ids <= maxIds)) return;
      this.kept.delete(rights);
      ids -= users.size;
    }
  }

  /** Users who change meanwhile are added by `update`. */
  private async fill(
    users: VisibleUsers,
    sources: Iterable<SortedIdSet | undefined>,
  ): Promise<void> {
    // Many users are in several of the sets.
    const found = new Set<string>();
    const slice = new TimeSlice();
    for (const ids of sources) {
      if (slice.isOver) await slice.next();
      let last: string | undefined;
      do {
        const from: string | undefined = last;
        last = undefined;
        for (const id of ids?.after(from) ?? []) {
          const viewed = found.has(id) ? undefined : this.viewedOf(id);
          if (viewed !== undefined) users.add(viewed);
          found.add(id);
          if (!slice.isOver) continue;
          last = id;
          break;
        }
        // The set may change during the pause, so the iteration begins again after the last id.
        if (last !== undefined) await slice.next();
      } while (last !== undefined);
    }
  }
}

function changesVisibility(before: Viewed, after: Viewed): boolean {
  return (
    before.shown.status !== after.shown.status ||
    before.shown.channelId !== after.shown.channelId ||
    !areSame(before.shown.otherChannelIds, after.shown.otherChannelIds) ||
    !haveSameGroups(before.groups, after.groups)
  );
}
