import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Subscription as RxSubscription } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { PresenceStore, type Commit } from '../store/presence-store.js';
import type { StatusCounts } from '../store/presence-reader.js';
import type { CountSubscription, PendingCounts } from './count-subscription.js';
import { encodeCount } from './event-encoder.js';

/** Interval in milliseconds at which changed counts are sent to the subscriptions that may receive a message again. */
const FLUSH_MS = 250;

/** All users, or those in one channel, and the subscriptions that follow their number. */
interface CountedScope extends PendingCounts {
  readonly subscriptions: Set<CountSubscription>;
  /** The counts that `message` has. */
  counts: StatusCounts;
  /** All subscriptions share it. */
  message: Buffer;
}

/**
 * Delivers counts to the streams of `WatchCounts`. A commit marks the scopes that subscriptions follow and that it may
 * have changed; at each flush the marked scopes are counted. The cost per second therefore depends on the changes, and
 * not on the number of users.
 */
@Injectable()
export class CountFeed implements OnApplicationShutdown {
  private readonly scopes = new Map<string | undefined, CountedScope>();
  private readonly changed = new Set<string | undefined>();
  private readonly subscriptions = new Set<CountSubscription>();
  private readonly commits: RxSubscription;

  constructor(
    private readonly store: PresenceStore,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.commits = store.commits.subscribe((commit) => this.mark(commit));
  }

  // Streams stay open while the server drains.
  onApplicationShutdown(): void {
    this.commits.unsubscribe();
  }

  /** The number of subscriptions. */
  get size(): number {
    return this.subscriptions.size;
  }

  /** Adds a subscription, which sends the current counts of all its channels first. Without channels: of all users. */
  add(subscription: CountSubscription, channelIds: readonly (string | undefined)[]): void {
    this.subscriptions.add(subscription);
    for (const channelId of channelIds) {
      const scope = this.scopeOf(channelId);
      scope.subscriptions.add(subscription);
      subscription.pending.add(scope);
    }
    subscription.flush();
  }

  delete(subscription: CountSubscription, channelIds: readonly (string | undefined)[]): void {
    this.subscriptions.delete(subscription);
    for (const channelId of channelIds) {
      const scope = this.scopes.get(channelId);
      scope?.subscriptions.delete(subscription);
      if (scope?.subscriptions.size === 0) this.scopes.delete(channelId);
    }
  }

  /** Sends the counts that changed, ends subscriptions with expired tokens, and sends heartbeats. */
  @Interval(FLUSH_MS)
  flush(): void {
    for (const channelId of this.changed) this.recount(channelId);
    this.changed.clear();
    const [wall, now] = [this.clock.wall(), this.clock.monotonic()];
    for (const subscription of this.subscriptions) {
      if (subscription.endIfExpired(wall)) continue;
      subscription.flush();
      subscription.sendHeartbeatIfDue(now, this.config.streams.heartbeatIntervalMs);
    }
  }

  private mark({ events: [event] }: Commit): void {
    if (event === undefined || this.scopes.size === 0) return;
    const { presence, previousChannelId, previousOtherChannelIds } = event;
    this.markOne(undefined);
    if (presence.channelId !== undefined) this.markOne(presence.channelId);
    if (previousChannelId !== undefined) this.markOne(previousChannelId);
    for (const channelId of presence.otherChannelIds) this.markOne(channelId);
    for (const channelId of previousOtherChannelIds) this.markOne(channelId);
  }

  private markOne(channelId: string | undefined): void {
    if (this.scopes.has(channelId)) this.changed.add(channelId);
  }

  private recount(channelId: string | undefined): void {
    const scope = this.scopes.get(channelId);
    if (scope === undefined) return;
    const counts = this.countsOf(channelId);
    if (haveSameCounts(counts, scope.counts)) return;
    scope.counts = counts;
    scope.message = encodeCount(channelId, counts);
    for (const subscription of scope.subscriptions) subscription.pending.add(scope);
  }

  /** Returns the scope with its current counts. Other subscriptions learn of them at the next flush. */
  private scopeOf(channelId: string | undefined): CountedScope {
    const known = this.scopes.get(channelId);
    if (known !== undefined) {
      this.recount(channelId);
      return known;
    }
    const counts = this.countsOf(channelId);
    const message = encodeCount(channelId, counts);
    const scope = { subscriptions: new Set<CountSubscription>(), counts, message };
    this.scopes.set(channelId, scope);
    return scope;
  }

  private countsOf(channelId: string | undefined): StatusCounts {
    const { view } = this.store;
    return channelId === undefined ? view.counts : view.countsIn(channelId);
  }
}

function haveSameCounts(a: StatusCounts, b: StatusCounts): boolean {
  return (Object.keys(a) as (keyof StatusCounts)[]).every((status) => a[status] === b[status]);
}
