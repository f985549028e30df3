import { Inject, Injectable } from '@nestjs/common';
import { Observable, type Subscriber } from 'rxjs';
import type { Caller } from '../auth/caller.js';
import { Clock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Refusal } from '../domain/refusal.js';
import { Drain } from '../lifecycle/drain.js';
import { Cursor } from '../log/cursor.js';
import { EventLog } from '../log/event-log.js';
import type { Filter } from '../log/filter.js';
import { parseResumeToken } from '../log/resume-token.js';
import { Slices } from '../log/slices.js';
import { PresenceStore } from '../store/presence-store.js';
import { encodeCurrent } from './encode.js';
import { FanOut } from './fan-out.js';
import { openingMessages } from './opening.js';
import { snapshotOf } from './snapshot.js';
import { SubscriberLimit } from './subscriber-limit.js';
import { Subscription, type Opening, type Outlet } from './subscription.js';

/** How long a subscriber that has stopped reading is given to take the status of its stream. */
const CUT_OFF_AFTER_MS = 1000;

export interface SubscribeOptions {
  readonly filter: Filter;
  /** Empty: from now on. */
  readonly resumeToken: string;
  readonly skipSnapshot: boolean;
  /** Whether a subscriber that is behind is given the latest of each user and not everything. */
  readonly latestOnly: boolean;
}

/** The connection under a subscription. */
export interface Connection {
  readonly isReady: boolean;
  onReady(listener: () => void): void;
  cutOffUnlessClosed(afterMs: number): void;
}

@Injectable()
export class EventsService {
  private readonly limit: SubscriberLimit;
  private readonly slices: Slices;

  constructor(
    private readonly store: PresenceStore,
    private readonly log: EventLog,
    private readonly fanOut: FanOut,
    private readonly drain: Drain,
    private readonly clock: Clock,
    @Inject(CONFIG) config: Config,
  ) {
    this.limit = new SubscriberLimit(config.maxSubscriptionsPerUser);
    this.slices = new Slices(log);
  }

  /** A subscription, as encoded responses: subscribers at the same place are given the very same bytes. */
  subscribe(caller: Caller, options: SubscribeOptions, connection: Connection): Observable<Buffer> {
    return new Observable((messages) => {
      requireToken(options.resumeToken);
      const outlet = outletOf(messages, connection);
      messages.add(this.drain.enter(outlet));
      messages.add(this.limit.enter(caller.userId));
      this.store.refresh().then(
        () => {
          if (messages.closed) return;
          const subscription = this.open(caller, options, outlet);
          messages.add(() => this.fanOut.delete(subscription));
          connection.onReady(() => this.fanOut.resume(subscription));
          this.fanOut.add(subscription, options.filter);
        },
        (error: unknown) => messages.error(error),
      );
    });
  }

  /** From one moment: the snapshot, its place in the log, and everything after it. Nothing falls in between. */
  private open(
    caller: Caller,
    { filter, resumeToken, skipSnapshot, latestOnly }: SubscribeOptions,
    outlet: Outlet,
  ): Subscription {
    const fromState = (isReset: boolean, isSnapshotSkipped: boolean): Opening => {
      const snapshot = isSnapshotSkipped ? [] : snapshotOf(this.store.view, filter);
      return { messages: openingMessages(isReset, snapshot), position: this.log.head };
    };
    const point = resumeToken === '' ? undefined : this.log.find(resumeToken);
    const opening =
      point === undefined
        ? fromState(resumeToken !== '', skipSnapshot)
        : { messages: openingMessages(false, []), position: point.start };
    return new Subscription({
      cursor: new Cursor(this.log, this.slices, filter, opening.position, point),
      outlet,
      latestOnly,
      opening: opening.messages,
      // Who lost changes is owed the state, whether or not it wanted one at the start.
      reopen: () => fromState(true, false),
      expiresAt: caller.expiresAt,
      current: () => encodeCurrent(this.log.tokenFor(this.log.head)),
      now: () => this.clock.now(),
    });
  }
}

function outletOf(messages: Subscriber<Buffer>, connection: Connection): Outlet {
  return {
    get isReady() {
      return !messages.closed && connection.isReady;
    },
    send: (message) => messages.next(message),
    end: (refusal) => {
      messages.error(refusal);
      connection.cutOffUnlessClosed(CUT_OFF_AFTER_MS);
    },
  };
}

function requireToken(token: string): void {
  if (token === '' || parseResumeToken(token) !== undefined) return;
  throw new Refusal('INVALID_FIELD', 'is not a token of this service', 'resume_token');
}
