import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Subscription as RxSubscription } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { EventLog } from '../event-log/event-log.js';
import { hidingChange, isSilent, viewedChange } from '../event-log/commit-facts.js';
import { needsFacts, type Interest } from '../event-log/filter.js';
import { InterestIndex } from '../event-log/interest-index.js';
import { FlushScheduler } from '../event-log/flush-scheduler.js';
import { BatchCache } from '../event-log/batch-cache.js';
import { TimeSlice } from '../timers/time-slice.js';
import { durationHistogram, secondsSince } from '../telemetry/durations.js';
import { PresenceStore, type Commit } from '../store/presence-store.js';
import { MatchedEvents } from './matched-events.js';
import { tokenExpired, type Subscription } from './subscription.js';

/**
 * Interval in milliseconds at which the log is trimmed, and subscriptions are checked for truncation, expired tokens
 * and due heartbeats.
 */
const MAINTENANCE_INTERVAL_MS = 250;

/** An empty message, which only keeps a stream from being silent. */
const NOTHING = Buffer.alloc(0);

/** The number of subscribers that are served in one slice of the event loop. */
const YIELD_EVERY = 32;

/** The lag of the subscriptions that have not received all events. */
export interface Lag {
  readonly subscribers: number;
  /** The number of events that the slowest subscription has not received. */
  readonly events: number;
  /** The age of the oldest of these events, in milliseconds. */
  readonly ms: number;
}

/**
 * Delivers commits to the subscriptions, in flushes. A flush sends the events that it found to every subscription
 * that is up to date. A lagging subscription catches up separately, as fast as its client reads.
 */
@Injectable()
export class FanOut implements OnApplicationShutdown {
  /** Builds the messages, and counts the events and messages that were sent. */
  readonly slices: BatchCache;
  /** One value for each slice of a flush that sent messages: one for each message would cost noticeable time. */
  readonly deliveryLatency = durationHistogram(
    'presence_delivery_delay_seconds',
    'Time from the oldest commit of a flush, as received by this node, to the end of each slice of that flush. A slice serves up to 32 subscriptions.',
  );
  private readonly commitSubscription: RxSubscription;
  private readonly subscriptions = new Set<Subscription>();
  private readonly index: InterestIndex<Subscription>;
  private readonly flushes = new FlushScheduler(() => this.flush());
  /** Every event before this offset has been sent to all subscriptions that were up to date. */
  private flushedUpTo: number;
  /** The time at which this node received the oldest commit that is not yet part of a flush. */
  private oldestPendingAt: number | undefined;
  /** The number of messages before this slice of the flush. */
  private messagesBefore = 0;
  /** Whether the log keeps the facts of every commit, because a reader may need them. */
  private keepsFacts: boolean;

  constructor(
    store: PresenceStore,
    private readonly log: EventLog,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.slices = new BatchCache(log);
    this.index = new InterestIndex((viewer, facts) => this.slices.views.isSeen(viewer, facts));
    this.flushedUpTo = log.head;
    const { visibility, channelAccess } = config.access;
    this.keepsFacts = visibility !== 'everyone' || channelAccess !== 'any';
    this.commitSubscription = store.partitionResets.subscribe((position) => log.begin(position));
    this.commitSubscription.add(store.commits.subscribe((commit) => this.append(commit)));
  }

  /** The number of subscriptions on this node. */
  get size(): number {
    return this.subscriptions.size;
  }

  /** The number of users, channels and groups that filters name. */
  get interests(): number {
    return this.index.size;
  }

  /** Computes the lag. It checks every subscription, so it is only for occasional use, such as metrics. */
  lag(): Lag {
    let subscribers = 0;
    let furthest = this.log.head;
    for (const { isLagging: isLagging, cursor } of this.subscriptions) {
      // A subscription that has received everything still counts as lagging until its stream is served again.
      if (!isLagging || cursor.isAtHead) continue;
      subscribers++;
      furthest = Math.min(furthest, cursor.position);
    }
    const oldest = this.log.at(Math.max(furthest, this.log.tail));
    return {
      subscribers,
      events: this.log.head - furthest,
      ms: oldest === undefined ? 0 : Math.max(0, this.clock.now() - oldest.occurredAt),
    };
  }

  // Flushes continue until this last hook, because streams stay open while the server drains.
  onApplicationShutdown(): void {
    this.commitSubscription.unsubscribe();
    this.flushes.cancel();
  }

  /**
   * Makes the log keep the facts that a reader needs, also when it has ended, because it may resume. Call this before the
   * reader takes its position.
   */
  keepFactsFor(interest: Interest): void {
    this.keepsFacts ||= needsFacts(interest);
  }

  add(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    this.index.add(subscription.cursor.interest, subscription);
    this.serve(subscription);
  }

  delete(subscription: Subscription): void {
    if (!this.subscriptions.delete(subscription)) return;
    this.index.delete(subscription.cursor.interest, subscription);
  }

  /** Continues to serve a subscription whose outlet is ready again. */
  resume(subscription: Subscription): void {
    if (subscription.isLagging && !subscription.isYielding) this.serve(subscription);
  }

  /**
   * Does the periodic work that does not depend on new events: trims the log, ends subscriptions with expired tokens,
   * serves lagging ones and sends heartbeats.
   */
  @Interval(MAINTENANCE_INTERVAL_MS)
  runMaintenance(): void {
    const wall = this.clock.wall();
    this.log.trim(this.clock.now());
    this.log.renewToken();
    const quietSince = this.clock.monotonic() - this.config.streams.heartbeatIntervalMs;
    for (const subscription of this.subscriptions) {
      if (!subscription.needsService(wall, quietSince)) continue;
      this.contain(subscription, () => {
        if (subscription.hasExpired(wall)) return subscription.end(tokenExpired());
        if (subscription.isLagging) return this.catchUp(subscription, quietSince);
        const { rights } = subscription.cursor;
        subscription.sendHeartbeat(this.log.idleFragment(this.flushedUpTo, rights));
      });
    }
  }

  /** Ends a subscription if `act` throws. The other subscriptions and the process continue. */
  private contain<T>(subscription: Subscription, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.delete(subscription);
      subscription.end(error);
      return undefined;
    }
  }

  private append(commit: Commit): void {
    const { events, position } = commit;
    const isWithoutEvents = events.length === 0;
    if (isWithoutEvents && !isSilent(commit)) return;
    // A reader that subscribes later can resume before a silent commit, which only its facts describe.
    const change = this.keepsFacts || isWithoutEvents ? viewedChange(commit) : hidingChange(commit);
    this.oldestPendingAt ??= performance.now();
    this.log.append(events, position, change);
    this.flushes.schedule();
  }

  private *flush(): Generator<void> {
    const since = this.oldestPendingAt ?? performance.now();
    this.oldestPendingAt = undefined;
    this.messagesBefore = this.slices.messages;
    const { head } = this.log;
    if (this.isIncomplete) this.recoverLost();
    let count = 0;
    for (const subscription of this.index.unfiltered) {
      if (!subscription.isLagging) this.serve(subscription);
      if (++count % YIELD_EVERY === 0) yield* this.endSlice(since);
    }
    for (const [subscription, entries] of yield* this.matchSubscriptions(head, since)) {
      if (this.subscriptions.has(subscription)) {
        this.contain(subscription, () => subscription.deliver(entries, head));
      }
      this.resume(subscription);
      if (++count % YIELD_EVERY === 0) yield* this.endSlice(since);
    }
    this.recordLatency(since);
    // This is set only after the flush: the token in a heartbeat must not cover events that the subscriber has yet to
    // receive.
    this.flushedUpTo = head;
  }

  private *endSlice(since: number): Generator<void> {
    this.recordLatency(since);
    yield;
    // Excludes messages that lagging subscriptions received in the meantime.
    this.messagesBefore = this.slices.messages;
  }

  private recordLatency(since: number): void {
    if (this.slices.messages > this.messagesBefore)
      this.deliveryLatency.observe(secondsSince(since));
  }

  /**
   * Finds the events of the flush for subscriptions that are up to date and have a filter on users, channels or groups, or
   * do not see everyone. Takes several slices if there are many rights or channels to check.
   */
  private *matchSubscriptions(head: number, since: number): Generator<void, MatchedEvents> {
    const found = new MatchedEvents();
    // Without such subscriptions, the flush does not check each event.
    if (this.subscriptions.size === this.index.unfiltered.size) return found;
    const slice = new TimeSlice();
    let count = 0;
    for (let position = Math.max(this.flushedUpTo, this.log.tail); position < head; position++) {
      const entry = this.log.at(position)!;
      for (const subscription of this.index.followersOf(entry)) {
        if (subscription !== undefined)
          this.contain(subscription, () => found.add(subscription, entry));
        if (subscription !== undefined && ++count % YIELD_EVERY > 0) continue;
        if (!slice.isOver) continue;
        yield* this.endSlice(since);
        slice.restart();
        if (this.log.at(position) === entry) continue;
        // Too many events were committed during the pause. The log has dropped this one.
        found.clear();
        this.recoverLost();
        position = this.log.tail - 1;
        break;
      }
    }
    return found;
  }

  /**
   * Whether the log has dropped events since the last flush, or has replayed commits since then, which lack the state
   * before them.
   */
  private get isIncomplete(): boolean {
    const { tail, allFactsSince, hiderFactsSince } = this.log;
    return Math.max(tail, hiderFactsSince, this.keepsFacts ? allFactsSince : 0) > this.flushedUpTo;
  }

  /** Restarts or ends the subscriptions that were up to date and cannot continue with the events since the last flush. */
  private recoverLost(): void {
    for (const subscription of this.subscriptions) {
      if (subscription.isLagging) continue;
      const { cursor } = subscription;
      cursor.position = Math.max(cursor.position, this.flushedUpTo);
      if (!cursor.isTruncated && !cursor.lacksState()) continue;
      subscription.markLagging(cursor.position);
      this.serve(subscription);
    }
  }

  /**
   * Serves a lagging subscription. Its position may no longer be in the log, or it may wait for the read limit of its
   * user although its stream is ready.
   */
  private catchUp(subscription: Subscription, quietSince: number): void {
    const recovered = subscription.recoverIfLost();
    if (recovered === true) this.serve(subscription);
    else if (recovered !== false) this.serveAfter(recovered, subscription);
    // This heartbeat has no resume token: a token would skip events that the subscriber has not received.
    if (subscription.isLagging && subscription.lastSentAt <= quietSince)
      subscription.sendHeartbeat(NOTHING);
  }

  private serve(subscription: Subscription): void {
    const rest = this.contain(subscription, () => subscription.pump());
    if (rest instanceof Promise) return this.serveAfter(rest, subscription);
    // A long scan of the log or a long snapshot continues only after other work of the event loop.
    if (rest !== true) return;
    subscription.isYielding = true;
    setImmediate(() => {
      subscription.isYielding = false;
      this.resume(subscription);
    });
  }

  /** Serves a subscription when its snapshot is complete. */
  private serveAfter(snapshot: Promise<void>, subscription: Subscription): void {
    void snapshot.then(() => this.resume(subscription));
  }
}
