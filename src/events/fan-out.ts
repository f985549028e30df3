import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { Change } from '../domain/event.js';
import { RejectedError } from '../domain/rejected-error.js';
import type { Step } from '../domain/step.js';
import type { LogEntry } from '../event-log/entry.js';
import { EventLog } from '../event-log/event-log.js';
import { matches, type Filter } from '../event-log/filter.js';
import { InterestIndex } from '../event-log/interest-index.js';
import { FlushScheduler } from '../event-log/flush-scheduler.js';
import { BatchCache } from '../event-log/batch-cache.js';
import { Distribution } from '../telemetry/distribution.js';
import { DURATION_BUCKETS, secondsSince } from '../telemetry/durations.js';
import { PresenceStore, type CommitPosition } from '../store/presence-store.js';
import type { Subscription } from './subscription.js';

/** How often the log is trimmed, and how often it is looked who has fallen out of it or needs a heartbeat. */
const UPKEEP_MS = 250;

/** A message without any field: it only keeps a stream from being silent. */
const NOTHING = Buffer.alloc(0);

/** How many subscribers are served in one turn of the event loop. */
const YIELD_EVERY = 32;

/** How far those are behind who have not been given everything. */
export interface Lag {
  readonly subscribers: number;
  /** Of the one who is furthest behind: how many events there are that it has not been given. */
  readonly events: number;
  /** How old the oldest of those is. */
  readonly ms: number;
}

/**
 * Brings what is committed to those who follow it, in rounds. A subscriber that is up to date is handed what a round
 * found; one that is behind catches up by itself, at the pace of its reader.
 */
@Injectable()
export class FanOut implements OnApplicationShutdown {
  /** What is handed out. */
  readonly slices: BatchCache;
  /** How many events were committed, by kind. */
  readonly events: Record<Change['kind'], number> = {
    USER_ONLINE: 0,
    USER_OFFLINE: 0,
    USER_STATUS_CHANGED: 0,
    USER_CHANNEL_CHANGED: 0,
    USER_MUTE_STATE_CHANGED: 0,
    USER_CONNECTION_CHANGED: 0,
  };
  /** How long it took from the oldest commit of a round to each message of that round, in seconds. */
  readonly deliveryLatency = new Distribution(DURATION_BUCKETS);
  private readonly subscriptions = new Map<Subscription, Filter>();
  private readonly index = new InterestIndex<Subscription>();
  private readonly rounds = new FlushScheduler(() => this.serveRound());
  /** Everything before this position has been handed to those who were up to date. */
  private flushedUpTo: number;
  /** When the oldest commit was heard of that no round has begun to bring. */
  private oldestPendingAt: number | undefined;
  /** How many messages there were before this turn of a round. */
  private messagesBefore = 0;

  constructor(
    store: PresenceStore,
    private readonly log: EventLog,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.slices = new BatchCache(log);
    this.flushedUpTo = log.head;
    store.onPartitionReset((origin) => log.begin(origin));
    store.onCommit((step, origin) => this.append(step, origin));
  }

  /** How many subscriptions this node holds. */
  get size(): number {
    return this.subscriptions.size;
  }

  /** How many users and channels they follow by name. */
  get interests(): number {
    return this.index.size;
  }

  /** Looks at everybody: for those who ask now and then. */
  lag(): Lag {
    let subscribers = 0;
    let furthest = this.log.head;
    for (const { isLagging: isLagging, cursor } of this.subscriptions.keys()) {
      // Who has been given everything counts as behind until its stream is asked again.
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

  // Not before: streams go on while the server drains.
  onApplicationShutdown(): void {
    this.rounds.cancel();
  }

  add(subscription: Subscription, filter: Filter): void {
    this.subscriptions.set(subscription, filter);
    this.index.add(filter, subscription);
    this.serve(subscription);
  }

  delete(subscription: Subscription): void {
    const filter = this.subscriptions.get(subscription);
    if (filter === undefined) return;
    this.subscriptions.delete(subscription);
    this.index.delete(filter, subscription);
  }

  /** Goes on with a subscription whose outlet takes messages again. */
  resume(subscription: Subscription): void {
    if (subscription.isLagging && !subscription.isResting) this.serve(subscription);
  }

  /** What has to be done whether or not something happens. */
  @Interval(UPKEEP_MS)
  runMaintenance(): void {
    const wall = this.clock.wall();
    this.log.trim(this.clock.now());
    const quietSince = this.clock.monotonic() - this.config.streamHeartbeatIntervalMs;
    const heartbeat = this.log.tokenFragment(this.flushedUpTo);
    for (const subscription of this.subscriptions.keys()) {
      this.contain(subscription, () => {
        if (subscription.hasExpired(wall)) subscription.end(tokenExpired());
        else if (subscription.isLagging) this.catchUp(subscription, quietSince);
        else if (subscription.lastSentAt <= quietSince) subscription.sendHeartbeat(heartbeat);
      });
    }
  }

  /** A subscription in which something throws ends. The others go on, and so does the process. */
  private contain<T>(subscription: Subscription, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.delete(subscription);
      subscription.end(error);
      return undefined;
    }
  }

  private append({ events }: Step, origin: CommitPosition): void {
    if (events.length === 0) return;
    for (const { change } of events) this.events[change.kind]++;
    this.oldestPendingAt ??= performance.now();
    this.log.append(events, origin);
    this.rounds.schedule();
  }

  private *serveRound(): Generator<void> {
    const since = this.oldestPendingAt ?? performance.now();
    this.oldestPendingAt = undefined;
    this.messagesBefore = this.slices.messages;
    const from = Math.max(this.flushedUpTo, this.log.tail);
    if (from > this.flushedUpTo) this.handleOverflow();
    const found = this.matchSubscriptions(from);
    const { head } = this.log;
    let count = 0;
    for (const subscription of this.index.unfiltered) {
      if (!subscription.isLagging) this.serve(subscription);
      if (++count % YIELD_EVERY === 0) yield* this.endTurn(since);
    }
    for (const [subscription, entries] of found) {
      if (this.subscriptions.has(subscription)) {
        this.contain(subscription, () => subscription.deliver(entries, head));
      }
      this.resume(subscription);
      if (++count % YIELD_EVERY === 0) yield* this.endTurn(since);
    }
    this.recordLatency(since);
    // Only now: until then a heartbeat must not tell a reader that it has been given what is still to come.
    this.flushedUpTo = head;
  }

  private *endTurn(since: number): Generator<void> {
    this.recordLatency(since);
    yield;
    // What readers were given meanwhile who had been held up.
    this.messagesBefore = this.slices.messages;
  }

  /** Once for all that was sent in a turn: to look at the clock for each would be felt. */
  private recordLatency(since: number): void {
    const sent = this.slices.messages - this.messagesBefore;
    if (sent > 0) this.deliveryLatency.add(secondsSince(since), sent);
  }

  /** For those who are up to date and follow some only: the events of the round that are for them. */
  private matchSubscriptions(from: number): ReadonlyMap<Subscription, readonly LogEntry[]> {
    const found = new Map<Subscription, LogEntry[]>();
    for (let entry = this.log.at(from); entry; entry = this.log.at(entry.position + 1)) {
      for (const subscription of this.index.followersOf(entry)) {
        if (subscription.isLagging || entry.position < subscription.cursor.position) continue;
        if (!matches(this.subscriptions.get(subscription)!, entry)) continue;
        const entries = found.get(subscription);
        if (entries === undefined) found.set(subscription, [entry]);
        else if (entries.at(-1) !== entry) entries.push(entry);
      }
    }
    return found;
  }

  /** More was committed since the last round than the log holds: all who were up to date have missed something. */
  private handleOverflow(): void {
    for (const subscription of this.subscriptions.keys()) {
      if (subscription.isLagging) continue;
      subscription.markLagging(this.flushedUpTo);
      this.serve(subscription);
    }
  }

  /** For one that is behind: its place may be gone, or it waits for the read limit of its user with its stream ready. */
  private catchUp(subscription: Subscription, quietSince: number): void {
    if (subscription.recoverIfTruncated()) this.serve(subscription);
    // No resume token: it would skip what the subscriber has not been given.
    if (subscription.isLagging && subscription.lastSentAt <= quietSince)
      subscription.sendHeartbeat(NOTHING);
  }

  private serve(subscription: Subscription): void {
    const isUnfinished = this.contain(subscription, () => subscription.pump());
    // Others have their turn before a long search through the log, or a long snapshot, goes on.
    if (!isUnfinished) return;
    subscription.isResting = true;
    setImmediate(() => {
      subscription.isResting = false;
      this.resume(subscription);
    });
  }
}

function tokenExpired(): RejectedError {
  return new RejectedError('TOKEN_EXPIRED', 'the token expired; subscribe again with a new one');
}
