import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Observable, type Subscriber } from 'rxjs';
import type { Principal } from '../auth/principal.js';
import { Clock } from '../clock/clock.js';
import { RejectedError } from '../domain/rejected-error.js';
import { ConnectionDrainer } from '../lifecycle/connection-drainer.js';
import { Cursor } from '../event-log/cursor.js';
import { EventLog } from '../event-log/event-log.js';
import type { Filter } from '../event-log/filter.js';
import { isSealed } from '../sealed-tokens/token-sealer.js';
import { PresenceStore } from '../store/presence-store.js';
import { FanOut } from './fan-out.js';
import { Openings, type ResetCause } from './initial-state.js';
import { StreamOutlet, type Connection } from './outlet.js';
import { SubscribeLimits } from './subscribe-limits.js';
import { Subscription, type Outlet } from './subscription.js';

/** A filter that names more than so many users and channels is set up in turns. */
const LARGE_FILTER = 1000;

export interface SubscribeOptions {
  readonly filter: Filter;
  /** Empty: from now on. */
  readonly resumeToken: string;
  readonly skipSnapshot: boolean;
  /** Whether a subscriber that is behind is given the latest of each user and not everything. */
  readonly latestOnly: boolean;
}

@Injectable()
export class EventsService {
  private readonly openings: Openings;

  constructor(
    private readonly store: PresenceStore,
    private readonly log: EventLog,
    private readonly fanOut: FanOut,
    private readonly drain: ConnectionDrainer,
    private readonly limits: SubscribeLimits,
    private readonly clock: Clock,
  ) {
    this.openings = new Openings(store, log, limits);
  }

  /** How many subscriptions lost their place, and began anew with the state. */
  get resets(): Readonly<Record<ResetCause, number>> {
    return this.openings.resets;
  }

  /** How many users have subscriptions on this node. */
  get subscribers(): number {
    return this.limits.users;
  }

  /** A subscription, as encoded responses: subscribers at the same place are given the very same bytes. */
  subscribe(
    caller: Principal,
    options: SubscribeOptions,
    connection: Connection,
  ): Observable<Buffer> {
    return new Observable((messages) => {
      requireToken(options.resumeToken);
      const outlet = new StreamOutlet(messages, connection);
      messages.add(this.drain.register(outlet));
      messages.add(this.limits.enter(caller));
      this.begin(caller, options, outlet, messages, connection).catch((error: unknown) =>
        messages.error(error),
      );
    });
  }

  /** Others have their turn before each step of a large subscription: some take milliseconds. */
  private async begin(
    caller: Principal,
    options: SubscribeOptions,
    outlet: Outlet,
    messages: Subscriber<Buffer>,
    connection: Connection,
  ): Promise<void> {
    const { filter } = options;
    const isLarge = filter.userIds.size + filter.channelIds.size > LARGE_FILTER;
    await this.store.awaitCurrent();
    if (isLarge) await nextTurn();
    if (messages.closed) return;
    const subscription = this.open(caller, options, outlet);
    // What is committed meanwhile is in the log, which it reads from the place of its opening.
    if (isLarge) await nextTurn();
    if (messages.closed) return;
    this.start(subscription, filter, messages, connection);
  }

  private open(
    caller: Principal,
    { filter, resumeToken, skipSnapshot, latestOnly }: SubscribeOptions,
    outlet: Outlet,
  ): Subscription {
    const options = { caller, filter, skipSnapshot };
    const { messages, position, resumed } = this.openings.open(options, resumeToken);
    const cursor = new Cursor(this.log, this.fanOut.slices, filter, position, resumed);
    return new Subscription(
      { caller, cursor, outlet, latestOnly, skipSnapshot },
      messages,
      this.openings,
      this.clock,
    );
  }

  /** In closures of its own, so that what set the subscription up is not kept with it. */
  private start(
    subscription: Subscription,
    filter: Filter,
    messages: Subscriber<Buffer>,
    connection: Connection,
  ): void {
    messages.add(() => this.fanOut.delete(subscription));
    connection.onReady(() => this.fanOut.resume(subscription));
    this.fanOut.add(subscription, filter);
  }
}

/**
 * Refuses what cannot be a token. One that does not open may be good but for a secret that is gone: its bearer must not
 * be refused again and again, and is told that its place is gone.
 */
function requireToken(token: string): void {
  if (token === '' || isSealed(token)) return;
  throw new RejectedError('INVALID_FIELD', 'is not a token of this service', 'resume_token');
}
