import { expect, vi } from 'vitest';
import { UNRESTRICTED } from '../../src/auth/access.js';
import type { Config } from '../../src/config/config.js';
import type { PresenceEvent } from '../../src/domain/event.js';
import type { Input } from '../../src/domain/input.js';
import { RejectedError } from '../../src/domain/rejected-error.js';
import { step } from '../../src/domain/step.js';
import { unrestrictedViewer, type Viewer } from '../../src/domain/viewer.js';
import { fragmentEncoder } from '../../src/api/event-mapper.js';
import {
  EventsService,
  type SubscribeOptions,
  type SubscriberStream,
} from '../../src/events/events.service.js';
import { FanOut } from '../../src/events/fan-out.js';
import { HistoryReplay } from '../../src/events/history-replay.js';
import { SubscriptionLimiter } from '../../src/events/subscription-limiter.js';
import {
  Sync,
  type SubscribeResponse,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import { principalOf } from './principal.js';
import { CountFeed } from '../../src/events/count-feed.js';
import type { HeapLimit } from '../../src/limits/heap-limit.js';
import { ReadLimit } from '../../src/limits/read-limit.js';
import type { ConnectionDrainer } from '../../src/lifecycle/connection-drainer.js';
import { StoreTokenRevocations } from '../../src/revocation/store-token-revocations.js';
import { EventLog, type FragmentEncoder } from '../../src/event-log/event-log.js';
import type { CommitHistory } from '../../src/store/commit-history.js';
import { MemoryCommitHistory } from '../../src/store/memory/memory-commit-history.js';
import { MemoryPresenceStore } from '../../src/store/memory/memory-presence-store.js';
import type { Commit } from '../../src/store/presence-store.js';
import { decode, filterOf, resumeSeal } from './log.js';
import { ManualClock } from './manual-clock.js';
import { POLICY } from './play.js';

export const HEARTBEAT_MS = 1000;

/**
 * All components behind `Subscribe` except the network: the real rules, store, event log and
 * fan-out, and readers of any speed.
 */
export class EventWorld {
  readonly store = new MemoryPresenceStore({ maxOfflineUsers: 1000 });
  readonly clock: ManualClock;
  /** All commits and their events, for comparison. */
  readonly commits: Commit[] = [];
  readonly committed: PresenceEvent[] = [];
  readonly log: EventLog;
  readonly fanOut: FanOut;
  readonly counts: CountFeed;
  readonly service: EventsService;

  constructor({
    size = 1000,
    encoder = fragmentEncoder,
    presencesPerSecond = 0,
    access = UNRESTRICTED,
    startsAt,
    history = new MemoryCommitHistory(this.store),
    historyReaders = 10,
  }: {
    readonly size?: number;
    readonly encoder?: FragmentEncoder;
    /**
     * The number of presences per second that a reader may read; a burst may be twice as large. 0
     * means no limit.
     */
    readonly presencesPerSecond?: number;
    readonly access?: Config['access'];
    /** The time of the clock. Undefined: now. Worlds that start at the same time can be compared. */
    readonly startsAt?: number;
    /** The commits that are no longer in the event log. Undefined: none. */
    readonly history?: CommitHistory;
    readonly historyReaders?: number;
  } = {}) {
    this.clock = new ManualClock(startsAt);
    const config = {
      access,
      fixed: { historyReaders },
      streams: { heartbeatIntervalMs: HEARTBEAT_MS },
      limits: { subscriptionsPerUser: 1000, presencesPerSecondPerUser: presencesPerSecond },
    } as Config;
    const drain = { register: () => () => {} } as unknown as ConnectionDrainer;
    this.log = new EventLog({ size, maxAgeMs: 60_000 }, encoder, resumeSeal);
    this.fanOut = new FanOut(this.store, this.log, this.clock, config);
    const heap = { assertHeadroom: () => {} } as unknown as HeapLimit;
    const limits = new SubscriptionLimiter(heap, new ReadLimit(this.clock, config), config);
    this.counts = new CountFeed(this.store, this.clock, config);
    this.service = new EventsService(
      this.store,
      this.log,
      this.fanOut,
      this.counts,
      drain,
      limits,
      new StoreTokenRevocations(this.store),
      this.clock,
      new HistoryReplay(history, this.store, this.log, this.fanOut, limits, this.clock, config),
    );
    this.store.commits.subscribe((commit) => {
      this.commits.push(commit);
      this.committed.push(...commit.events);
    });
  }

  /** On a busy machine, even a small snapshot can take several slices of the event loop. */
  private async snapshotsTaken(): Promise<void> {
    const states = Reflect.get(this.service, 'initialStates') as object;
    await Reflect.get(Reflect.get(states, 'snapshots') as object, 'last');
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  /** Applies an input to a user. The caller does not need to know whether it was rejected. */
  async happen(userId: string, input: Input): Promise<void> {
    this.clock.advance(1);
    try {
      await this.store.update(userId, (user) => step(user, input, this.clock.now(), POLICY));
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
    }
  }

  /** Applies inputs to a user, and then serves all subscribers. The timers must be fake. */
  async happenAndFlush(userId: string, ...inputs: readonly Input[]): Promise<void> {
    for (const input of inputs) await this.happen(userId, input);
    vi.runAllTimers();
  }

  /** Opens a subscription, and forgets the messages with which it begins. */
  async subscribed(
    viewer: Viewer,
    options: Partial<SubscribeOptions> = {},
    groups: readonly string[] = [...(viewer.groups ?? [])],
  ): Promise<Reader> {
    const reader = await this.subscribe(options, { viewer, groups });
    expect(reader.rejection).toBeUndefined();
    reader.messages.length = reader.bytes.length = 0;
    return reader;
  }

  /**
   * Opens a subscription whose reader accepts `credits` messages before it waits for more credit.
   */
  async subscribe(
    options: Partial<SubscribeOptions> = {},
    {
      credits = Infinity,
      expiresAt,
      issuedAt,
      isAdmin = false,
      viewer = unrestrictedViewer('reader'),
      groups = [...(viewer.groups ?? [])],
    }: {
      readonly credits?: number;
      readonly expiresAt?: number;
      /** The second at which the token was issued. */
      readonly issuedAt?: number;
      readonly viewer?: Viewer;
      readonly isAdmin?: boolean;
      /** The groups of the token. Without them: those that restrict the viewer. */
      readonly groups?: readonly string[];
    } = {},
  ): Promise<Reader> {
    const reader = new Reader(credits, this.committed.length);
    const caller = principalOf(viewer.userId, { viewer, groups, expiresAt, issuedAt, isAdmin });
    const all = {
      filter: filterOf(),
      resumeToken: '',
      skipSnapshot: false,
      latestOnly: false,
      ...options,
    };
    reader.subscription = this.service.subscribe(caller, all, reader).subscribe({
      next: (message) => reader.take(message),
      error: (error: RejectedError) => (reader.rejection = error),
    });
    // The subscription begins after the store has caught up.
    await Promise.resolve();
    if (!vi.isFakeTimers()) await this.snapshotsTaken();
    return reader;
  }
}

/** The client side of a subscription. */
export class Reader implements SubscriberStream {
  readonly messages: SubscribeResponse[] = [];
  readonly sizes: number[] = [];
  readonly bytes: Buffer[] = [];
  rejection: RejectedError | undefined;
  subscription: { unsubscribe(): void } | undefined;
  private goOn: () => void = () => {};

  constructor(
    private credits: number,
    /** The number of events that were committed before the subscription. */
    readonly since: number,
  ) {}

  get isReady(): boolean {
    return this.credits > 0;
  }

  onReady(listener: () => void): void {
    this.goOn = listener;
  }

  take(message: Buffer): void {
    if (this.credits <= 0) throw new Error('a message was sent to a reader that takes none');
    this.credits--;
    this.messages.push(decode(message));
    this.sizes.push(message.length);
    this.bytes.push(message);
  }

  /** Accepts `credits` more messages. */
  letGoOn(credits: number): void {
    const wasStuck = this.credits <= 0;
    this.credits += credits;
    if (wasStuck) this.goOn();
  }

  get events(): readonly string[] {
    return this.messages.flatMap(({ events }) =>
      events.map(
        ({ presence, change }) => `${presence!.userId} ${presence!.version} ${change?.$case}`,
      ),
    );
  }

  get hasBeenReset(): boolean {
    return this.messages.some(({ sync }) => sync === Sync.SYNC_RESET);
  }

  get lastToken(): string {
    return this.messages.findLast(({ resumeToken }) => resumeToken !== '')?.resumeToken ?? '';
  }
}

/** Returns the name of an event as `Reader.events` shows it. */
export function nameOf({ presence, change }: PresenceEvent): string {
  const words = change.kind.toLowerCase().split('_');
  const field = words.map((word, i) => (i === 0 ? word : word[0]!.toUpperCase() + word.slice(1)));
  return `${presence.userId} ${presence.version} ${field.join('')}`;
}

/**
 * The short form of a message: its sync marker, the users of its snapshot, and the names of its
 * events.
 */
function inShort({ sync, snapshot, events }: SubscribeResponse): unknown[] {
  const said = sync === Sync.SYNC_UNSPECIFIED ? [] : [sync];
  const kinds = events.map(({ change }) => change?.$case);
  return [...said, ...snapshot.map(({ userId }) => userId), ...kinds];
}

/** The messages that a reader received, in short form. */
export function eventLines(reader: Reader): unknown[][] {
  return reader.messages.map(inShort);
}
