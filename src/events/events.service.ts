import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Observable, type Subscriber } from 'rxjs';
import type { Principal } from '../auth/principal.js';
import { requireGroups, requireWatch } from '../auth/require-grants.js';
import { TokenRevocations } from '../auth/token-revocations.js';
import { Clock } from '../clock/clock.js';
import { RejectedError } from '../domain/rejected-error.js';
import { ConnectionDrainer } from '../lifecycle/connection-drainer.js';
import { EventLog } from '../event-log/event-log.js';
import type { Filter } from '../event-log/filter.js';
import { isSealed } from '../sealed-tokens/token-sealer.js';
import type { CountScope } from '../store/presence-reader.js';
import { PresenceStore } from '../store/presence-store.js';
import type { ServerStream } from '../transport/call/server-stream.js';
import { CountFeed } from './count-feed.js';
import { CountSubscription } from './count-subscription.js';
import { FanOut } from './fan-out.js';
import { HistoryReplay, type ReplayOutcome } from './history-replay.js';
import { InitialStates, type ResetCause } from './initial-state.js';
import { SubscriptionLimiter } from './subscription-limiter.js';
import { StreamOutlet, Subscription, type Outlet } from './subscription.js';

/** A filter with more users, channels and groups than this is set up in several slices of the event loop. */
const LARGE_FILTER = 1000;

/** The part of a stream that a subscription uses. */
export type SubscriberStream = Pick<ServerStream, 'isReady' | 'onReady'>;

export interface SubscribeOptions {
  readonly filter: Filter;
  /** Empty if the subscription starts with the current state. */
  readonly resumeToken: string;
  readonly skipSnapshot: boolean;
  /** Whether a lagging subscriber receives only the latest event of each user. */
  readonly latestOnly: boolean;
}

@Injectable()
export class EventsService {
  private readonly initialStates: InitialStates;

  constructor(
    private readonly store: PresenceStore,
    log: EventLog,
    private readonly fanOut: FanOut,
    private readonly counts: CountFeed,
    private readonly drain: ConnectionDrainer,
    private readonly limits: SubscriptionLimiter,
    private readonly revocations: TokenRevocations,
    private readonly clock: Clock,
    private readonly history: HistoryReplay,
  ) {
    this.initialStates = new InitialStates(store, log, fanOut.slices, limits);
  }

  /** The number of subscriptions that lost their position and restarted with a snapshot, by cause. */
  get resets(): Readonly<Record<ResetCause, number>> {
    return this.initialStates.resets;
  }

  /** Resumes that were served from the history, by outcome. */
  get replays(): Readonly<Record<ReplayOutcome, number>> {
    return this.history.resumes;
  }

  /** The number of users with subscriptions on this node. */
  get subscribers(): number {
    return this.limits.users;
  }

  /**
   * Returns a subscription as a stream of encoded responses. Subscribers at the same offset receive the same Buffer.
   */
  subscribe(
    caller: Principal,
    options: SubscribeOptions,
    stream: SubscriberStream,
  ): Observable<Buffer> {
    return new Observable((messages) => {
      requireToken(options.resumeToken);
      requireGrants(caller, options.filter);
      const outlet = new StreamOutlet(messages, stream);
      messages.add(this.drain.register(outlet));
      messages.add(this.limits.acquire(caller));
      messages.add(this.revocations.watch(caller, outlet));
      this.begin(caller, options, outlet, messages, stream).catch((error: unknown) =>
        messages.error(error),
      );
    });
  }

  /**
   * Returns the counts of channels and groups as a stream of encoded responses; without them, of all users. The first
   * response has all counts, later ones those that changed.
   */
  watchCounts(
    caller: Principal,
    named: { readonly channelIds: readonly string[]; readonly groupIds: readonly string[] },
    stream: SubscriberStream,
  ): Observable<Buffer> {
    const scopes: readonly CountScope[] = [
      ...[...new Set(named.channelIds)].map((channelId) => ({ channelId })),
      ...[...new Set(named.groupIds)].map((groupId) => ({ groupId })),
    ];
    return new Observable((messages) => {
      requireGrants(caller, named);
      const outlet = new StreamOutlet(messages, stream);
      messages.add(this.drain.register(outlet));
      messages.add(this.limits.acquire(caller));
      messages.add(this.revocations.watch(caller, outlet));
      const subscription = new CountSubscription(caller, outlet, this.clock);
      const begin = async (): Promise<void> => {
        await this.store.view.awaitCurrent();
        if (scopes.length === 0) await this.store.view.prepare(caller.viewer);
        if (messages.closed) return;
        messages.add(() => this.counts.delete(subscription));
        stream.onReady(() => subscription.flush());
        this.counts.add(subscription, scopes.length === 0 ? [undefined] : scopes);
      };
      begin().catch((error: unknown) => messages.error(error));
    });
  }

  /**
   * Starts a subscription. A step of a large one can take milliseconds, so it yields to the event loop before each
   * step.
   */
  private async begin(
    caller: Principal,
    options: SubscribeOptions,
    outlet: Outlet,
    messages: Subscriber<Buffer>,
    stream: SubscriberStream,
  ): Promise<void> {
    const { filter } = options;
    const interest = { viewer: caller.viewer, filter };
    // Before the subscription takes its position, because the log has the facts of later commits only.
    this.fanOut.keepFactsFor(interest);
    const isLarge =
      filter.userIds.size + filter.channelIds.size + filter.groupIds.size > LARGE_FILTER;
    await this.store.view.awaitCurrent();
    if (isLarge) await nextTurn();
    if (messages.closed) return;
    const isClosed = (): boolean => messages.closed;
    const reader = {
      ...{ caller, interest, outlet, isClosed },
      onReady: (listener: () => void) => stream.onReady(listener),
    };
    const { skipSnapshot, latestOnly } = options;
    let { resumeToken } = options;
    if (this.history.isNeeded(reader, resumeToken)) {
      resumeToken = await this.history.resume(reader, resumeToken);
      if (messages.closed) return;
    }
    const started = this.initialStates.start({ ...reader, skipSnapshot }, resumeToken);
    const state = started instanceof Promise ? await started : started;
    if (state === undefined) return;
    const subscription = new Subscription(
      { caller, outlet, latestOnly, skipSnapshot },
      state,
      this.initialStates,
      this.clock,
    );
    // Events that are committed meanwhile are in the log, and the cursor reads them: it starts at the offset of the
    // snapshot.
    if (isLarge) await nextTurn();
    if (messages.closed) return;
    this.start(subscription, messages, stream);
  }

  /** A separate method, so that these closures do not keep the objects of the setup in memory. */
  private start(
    subscription: Subscription,
    messages: Subscriber<Buffer>,
    stream: SubscriberStream,
  ): void {
    messages.add(() => this.fanOut.delete(subscription));
    stream.onReady(() => this.fanOut.resume(subscription));
    this.fanOut.add(subscription);
  }
}

/**
 * Rejects a text that cannot be a resume token. A token of the right form is accepted even if it cannot be decrypted:
 * it may be encrypted with a secret that is no longer known. Its bearer then gets a reset, because a rejection would
 * repeat at every retry.
 */
function requireToken(token: string): void {
  if (token === '' || isSealed(token)) return;
  throw new RejectedError('INVALID_FIELD', 'is not a token of this service', 'resume_token');
}

/** Rejects channels and groups that the caller may not follow. Any user may be named. */
function requireGrants(
  caller: Principal,
  named: { readonly channelIds: Iterable<string>; readonly groupIds: Iterable<string> },
): void {
  requireWatch(caller, named.channelIds, 'channel_ids');
  requireGroups(caller, named.groupIds, 'group_ids');
}
