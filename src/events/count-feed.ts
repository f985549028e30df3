import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Subscription as RxSubscription } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { hiddenViewers, isSilent, viewedChange } from '../event-log/commit-facts.js';
import { put, take } from '../event-log/reader-sets.js';
import type { CountScope } from '../store/presence-reader.js';
import { TimeSlice } from '../timers/time-slice.js';
import { PresenceStore, type Commit } from '../store/presence-store.js';
import type { CountSubscription } from './count-subscription.js';
import { CountedScopes } from './counted-scopes.js';

/** Interval in milliseconds at which changed counts are sent to the subscriptions that may receive a message again. */
const FLUSH_MS = 250;

/**
 * Delivers counts to the streams of `WatchCounts`. A commit marks the counts that subscriptions follow and that it may
 * have changed; at each flush these are counted. The cost per second therefore depends on the changes, and not on the
 * number of users.
 */
@Injectable()
export class CountFeed implements OnApplicationShutdown {
  private readonly scopes: CountedScopes;
  private readonly subscriptions = new Set<CountSubscription>();
  private readonly byViewer = new Map<string, Set<CountSubscription>>();
  /** Subscriptions whose viewers may count other users than the viewers with whom they shared the counts. */
  private readonly moved = new Set<CountSubscription>();
  private readonly commits: RxSubscription;
  private isFlushing = false;

  constructor(
    store: PresenceStore,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.scopes = new CountedScopes(store.view);
    this.commits = store.commits.subscribe((commit) => this.take(commit));
  }

  // Streams stay open while the server drains.
  onApplicationShutdown(): void {
    this.commits.unsubscribe();
  }

  /** The number of subscriptions. */
  get size(): number {
    return this.subscriptions.size;
  }

  /** Adds a subscription, which sends the current counts of all its scopes first. Undefined: of all users. */
  add(subscription: CountSubscription, scopes: readonly (CountScope | undefined)[]): void {
    subscription.scopes = scopes.map((scope) => this.scopes.join(subscription, scope));
    this.subscriptions.add(subscription);
    put(this.byViewer, subscription.viewer.userId, subscription);
    for (const counted of subscription.scopes) subscription.pending.add(counted);
    subscription.flush();
  }

  delete(subscription: CountSubscription): void {
    for (const counted of subscription.scopes) this.scopes.leave(subscription, counted);
    this.subscriptions.delete(subscription);
    this.moved.delete(subscription);
    take(this.byViewer, subscription.viewer.userId, subscription);
  }

  /**
   * Sends the counts that changed, ends subscriptions with expired tokens, and sends heartbeats. It pauses for other work of
   * the event loop.
   */
  @Interval(FLUSH_MS)
  async flush(): Promise<void> {
    if (this.isFlushing) return;
    this.isFlushing = true;
    try {
      const slice = new TimeSlice();
      const work = this.work(slice);
      while (work.next().done !== true) await slice.next();
    } finally {
      this.isFlushing = false;
    }
  }

  private *work(slice: TimeSlice): Generator<void> {
    yield* this.scopes.applyCommits(slice);
    for (const subscription of this.moved) {
      this.move(subscription);
      if (slice.isOver) yield;
    }
    yield* this.scopes.recountMarked(slice);
    for (const subscription of this.subscriptions) {
      const [wall, now] = [this.clock.wall(), this.clock.monotonic()];
      if (subscription.endIfExpired(wall)) continue;
      subscription.flush();
      subscription.sendHeartbeatIfDue(now, this.config.streams.heartbeatIntervalMs);
      if (slice.isOver) yield;
    }
  }

  private take(commit: Commit): void {
    this.scopes.forgetReaders();
    if (this.subscriptions.size === 0 || (commit.events.length === 0 && !isSilent(commit))) return;
    const change = viewedChange(commit);
    this.scopes.add(change);
    this.markMoved(commit.user.userId);
    for (const viewerId of hiddenViewers(change)) this.markMoved(viewerId);
  }

  private markMoved(viewerId: string): void {
    for (const subscription of this.byViewer.get(viewerId) ?? []) {
      subscription.isHeld = true;
      this.moved.add(subscription);
    }
  }

  /** Lets a subscription follow the counts of its viewer, who may not count the same users any more as its peers. */
  private move(subscription: CountSubscription): void {
    this.moved.delete(subscription);
    subscription.move((known) => {
      const scope = this.scopes.join(subscription, known.scope);
      if (scope !== known) this.scopes.leave(subscription, known);
      return scope;
    });
  }
}
