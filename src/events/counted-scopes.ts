import { unrestrictedViewer, type Viewer } from '../domain/viewer.js';
import { channelIdsOf, type Status } from '../domain/presence.js';
import { presenceSeenBy, type Viewed } from '../domain/visibility.js';
import type { ViewedChange } from '../event-log/commit-facts.js';
import { RightsIndex } from '../event-log/rights-index.js';
import {
  countsOf,
  noCounts,
  type CountScope,
  type ListedStatus,
  type PresenceReader,
  type Slice,
  type StatusCounts,
} from '../store/presence-reader.js';
import type { PresenceView } from '../store/presence-view.js';
import { haveSameCounts, type CountedScope, type CountSubscription } from './count-subscription.js';
import { encodeCount } from './event-encoder.js';

/** Stands for every viewer who sees all users of a scope. */
const EVERYONE = unrestrictedViewer('');

/** A commit with the state before it. */
type KnownChange = ViewedChange & { readonly before: Viewed };

/** A commit that may change counts. */
interface Waiting {
  readonly change: ViewedChange;
  /** The number of commits before it, and it. */
  readonly nth: number;
}

/** The current counts of all users. */
interface Total {
  readonly counts: Record<ListedStatus, number>;
  /** The counts include the first `since` commits and all that were applied. */
  readonly since: number;
}

/**
 * The counts that subscriptions follow. Viewers who count the same users share them. A commit marks the counts that it may
 * change, and only those are counted again. To find these counts can take long, so commits wait until they are applied in
 * slices of the event loop.
 */
export class CountedScopes {
  /** By scope, and then by viewer. */
  private readonly scopes = new Map<string, Map<string, CountedScope>>();
  /** The counts of all users. Those that a commit may change are found by the rights of their viewers. */
  private readonly ofAll = new RightsIndex<CountedScope, KnownChange>(changesStatus);
  private readonly marked = new Set<CountedScope>();
  /**
   * The current counts of all users for each viewer. Each commit updates them, because a full count can take long. An entry
   * exists only while every commit since the last full count is known.
   */
  private readonly totals = new WeakMap<CountedScope, Total>();
  private waiting: Waiting[] = [];
  /** The number of commits, and of those that were applied. */
  private committed = 0;
  private applied = 0;
  /** The readers that are valid until the next commit. Each reads the users who hide from its viewer at most once. */
  private readonly readers = new Map<string, PresenceReader>();

  constructor(private readonly view: PresenceView) {}

  /** Returns the current counts of a scope as a viewer sees it, and adds the subscription to those that follow them. */
  join(subscription: CountSubscription, scope: CountScope | undefined): CountedScope {
    const viewer = this.countingViewer(subscription.viewer, scope);
    const viewers = this.scopes.get(nameOf(scope)) ?? new Map<string, CountedScope>();
    this.scopes.set(nameOf(scope), viewers);
    let counted = viewers.get(keyOf(viewer));
    if (counted === undefined) {
      const counts = noCounts();
      const message = encodeCount(scope, counts);
      counted = { viewer, scope, subscriptions: new Set(), counts, message };
      viewers.set(keyOf(viewer), counted);
      if (scope === undefined) this.ofAll.add(viewer, counted);
    }
    if (this.applied < this.committed) this.totals.delete(counted);
    this.recount(counted);
    counted.subscriptions.add(subscription);
    return counted;
  }

  leave(subscription: CountSubscription, counted: CountedScope): void {
    const { scope, viewer, subscriptions } = counted;
    subscriptions.delete(subscription);
    if (subscriptions.size > 0) return;
    const viewers = this.scopes.get(nameOf(scope));
    viewers?.delete(keyOf(viewer));
    if (scope === undefined) this.ofAll.delete(viewer, counted);
    if (viewers?.size === 0) this.scopes.delete(nameOf(scope));
  }

  /** Must be called at each commit. */
  forgetReaders(): void {
    this.readers.clear();
  }

  /** Adds a commit. `applyCommits` marks the counts that it may change. */
  add(change: ViewedChange): void {
    this.waiting.push({ change, nth: ++this.committed });
  }

  /** Marks the counts that commits may have changed. Yields when `slice` is over. */
  *applyCommits(slice: Slice): Generator<void> {
    while (this.waiting.length > 0) {
      const waiting = this.waiting;
      this.waiting = [];
      for (const each of waiting) {
        yield* this.apply(each, slice);
        this.applied = each.nth;
      }
    }
  }

  /** Counts again what was marked. Subscriptions get the counts that changed. Yields when `slice` is over. */
  *recountMarked(slice: Slice): Generator<void> {
    for (const counted of this.marked) {
      this.marked.delete(counted);
      if (counted.subscriptions.size > 0) this.recount(counted);
      if (slice.isOver) yield;
    }
  }

  private *apply({ change, nth }: Waiting, slice: Slice): Generator<void> {
    const { before, after } = change;
    if (before === undefined) this.markTotals();
    else {
      // The index yields a count twice if it has two reasons to change.
      const seen = new Set<CountedScope>();
      for (const counted of this.ofAll.readersOf({ ...change, before })) {
        if (counted !== undefined && !seen.has(counted)) {
          seen.add(counted);
          if (this.changeTotal(counted, before, after, nth)) this.marked.add(counted);
        }
        if (slice.isOver) yield;
      }
    }
    for (const each of [before, after]) {
      if (each === undefined) continue;
      for (const channelId of channelIdsOf(each.shown)) this.markAll({ channelId });
      for (const groupId of each.groups) this.markAll({ groupId });
    }
    if (slice.isOver) yield;
  }

  /** Any count of all users may have changed, in an unknown way. */
  private markTotals(): void {
    for (const counted of this.scopes.get(nameOf(undefined))?.values() ?? []) {
      this.totals.delete(counted);
      this.marked.add(counted);
    }
  }

  private markAll(scope: CountScope): void {
    for (const counted of this.scopes.get(nameOf(scope))?.values() ?? []) this.marked.add(counted);
  }

  private recount(counted: CountedScope): void {
    const counts = this.count(counted);
    const before = counted.counts;
    if (haveSameCounts(counts, before)) return;
    counted.counts = counts;
    counted.message = encodeCount(counted.scope, counts);
    for (const subscription of counted.subscriptions) subscription.recounted(counted, before);
  }

  private count(counted: CountedScope): StatusCounts {
    const { viewer, scope } = counted;
    const total = this.totals.get(counted);
    if (total !== undefined) return { ...total.counts };
    const counts = countsOf(this.readerFor(viewer), scope);
    if (scope === undefined)
      this.totals.set(counted, { counts: { ...counts }, since: this.committed });
    return counts;
  }

  private readerFor(viewer: Viewer): PresenceReader {
    const key = keyOf(viewer);
    let reader = this.readers.get(key);
    if (reader === undefined) this.readers.set(key, (reader = this.view.for(viewer)));
    return reader;
  }

  /**
   * Applies a commit to the counts of all users, unless they include it. Returns whether the viewer counts the user in another
   * way.
   */
  private changeTotal(counted: CountedScope, before: Viewed, after: Viewed, nth: number): boolean {
    const [was, is] = statusesOf(counted.viewer, { before, after });
    if (was === is) return false;
    const total = this.totals.get(counted);
    if (total === undefined || nth <= total.since) return true;
    if (was !== 'OFFLINE') total.counts[was]--;
    if (is !== 'OFFLINE') total.counts[is]++;
    return true;
  }

  /**
   * Returns a viewer who counts the same users in a scope, the same one for as many viewers as possible. All who may name
   * a channel or a group see every user in it.
   */
  private countingViewer(viewer: Viewer, scope: CountScope | undefined): Viewer {
    const { userId, groups } = viewer;
    if (this.view.for(unrestrictedViewer(userId)) !== this.view) return viewer;
    if (scope !== undefined || groups === undefined) return EVERYONE;
    const peers = { ...viewer, userId: '' };
    const [own, toPeers] = [viewer, peers].map((each) => this.view.for(each).presence(userId));
    // Users see themselves, even if no other viewer with their rights does.
    return own!.status === toPeers!.status ? peers : viewer;
  }
}

/** Returns the status of a user before and after a commit, as a viewer sees it. */
function statusesOf(
  viewer: Viewer,
  { before, after }: Pick<KnownChange, 'before' | 'after'>,
): readonly [before: Status, after: Status] {
  return [presenceSeenBy(viewer, before).status, presenceSeenBy(viewer, after).status];
}

function changesStatus(viewer: Viewer, change: KnownChange): boolean {
  const [was, is] = statusesOf(viewer, change);
  return was !== is;
}

function nameOf(scope: CountScope | undefined): string {
  if (scope === undefined) return '';
  return 'groupId' in scope ? `group ${scope.groupId}` : `channel ${scope.channelId}`;
}

function keyOf({ userId, rights }: Viewer): string {
  return `${rights} ${userId}`;
}
