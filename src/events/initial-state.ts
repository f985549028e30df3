import type { Principal } from '../auth/principal.js';
import type { BatchCache } from '../event-log/batch-cache.js';
import { canCatchUp, CatchUp, missedEvents } from '../event-log/catch-up.js';
import { Cursor, type Missed } from '../event-log/cursor.js';
import type { EventLog } from '../event-log/event-log.js';
import type { Interest } from '../event-log/filter.js';
import type { ResumePoint } from '../event-log/resume-index.js';
import { rightsDigest } from '../event-log/resume-token.js';
import type { PresenceStore } from '../store/presence-store.js';
import { encodeCurrent, encodeSnapshot, RESET } from './event-encoder.js';
import { partsOf } from './snapshot.js';
import { Snapshots, type Snapshot } from './snapshots.js';
import type { SubscriptionLimiter } from './subscription-limiter.js';

/** The options of a subscription that decide how it starts. */
export interface InitialStateOptions {
  readonly caller: Principal;
  readonly interest: Interest;
  /** Whether the subscriber keeps no state and wants no snapshot, neither at the start nor after a reset. */
  readonly skipSnapshot: boolean;
  /** Whether the stream has ended. A snapshot is then not completed. */
  readonly isClosed: () => boolean;
}

/** The start of a subscription, and its restart when its position is no longer in the log. */
export interface InitialState {
  /** The messages, each created only when it is sent. */
  readonly messages: Iterator<Buffer>;
  /** A cursor at the offset in the event log that the messages reflect. */
  readonly cursor: Cursor;
}

/** A promise if the snapshot takes several slices of the event loop. Undefined: the stream has ended meanwhile. */
export type Started = InitialState | Promise<InitialState | undefined>;

/**
 * The cause of a reset: the log could not continue from a resume token for a reader with these rights, a reader with
 * DELIVERY_LATEST lagged too far, or a commit was replayed and its difference for the reader is unknown.
 */
export type ResetCause = 'resume_token' | 'slow_reader' | 'replayed_commit';

/**
 * Starts subscriptions: takes the state, its offset in the log, and the events after it at one point in time, so that
 * no event is lost in between. A large state is collected in slices of the event loop, and is the state at the last slice.
 */
export class InitialStates {
  /** The number of subscriptions that lost their position and received a snapshot instead. */
  readonly resets: Record<ResetCause, number> = {
    resume_token: 0,
    slow_reader: 0,
    replayed_commit: 0,
  };
  private readonly snapshots: Snapshots;

  constructor(
    private readonly store: PresenceStore,
    private readonly log: EventLog,
    private readonly slices: BatchCache,
    private readonly limits: SubscriptionLimiter,
  ) {
    this.snapshots = new Snapshots(store.view);
  }

  /**
   * Starts from a resume token if the log holds everything after it that the reader may see, otherwise from the state.
   * Both are charged to the read limit of the caller.
   */
  start(options: InitialStateOptions, resumeToken: string): Started {
    if (resumeToken === '') return this.fromState(options, false);
    const { caller, interest } = options;
    const resumed = this.log.find(resumeToken, rightsDigest(interest.viewer.rights));
    if (resumed === undefined || !canCatchUp(this.log, interest, resumed.start)) {
      this.resets.resume_token++;
      return this.fromState(options, true);
    }
    // An event that the cursor has to scan costs as much as a presence.
    const cost = missedEvents(this.log, this.slices.views, interest, resumed.start);
    this.limits.charge(caller, cost);
    const missed = { resumed, catchUp: this.catchUp(interest, resumed) };
    return {
      messages: firstMessages(false, new Map()),
      cursor: this.cursor(interest, resumed.start, missed),
    };
  }

  /**
   * Restarts from the state, for a subscriber that lost events, and charges its caller as at the start. Returns
   * undefined if the read limit of the caller does not allow another snapshot yet.
   */
  restart(options: InitialStateOptions, cause: ResetCause): Started | undefined {
    if (!options.skipSnapshot && !this.limits.maySendSnapshot(options.caller)) return undefined;
    this.resets[cause]++;
    return this.fromState(options, true);
  }

  /** Returns the message that reports that a subscription is up to date (`SYNC_CURRENT`). */
  current(rights: number): Buffer {
    this.log.renewToken();
    return encodeCurrent(this.log.idleFragment(this.log.head, rights));
  }

  private catchUp(interest: Interest, resumed: ResumePoint): CatchUp | undefined {
    if (interest.viewer.groups === undefined) return undefined;
    const view = this.store.view.for(interest.viewer);
    const seesNow = (userId: string): boolean => view.presence(userId).version > 0;
    return new CatchUp(this.log, this.slices.views, interest, resumed, seesNow);
  }

  private fromState(options: InitialStateOptions, isReset: boolean): Started {
    const { caller, interest, skipSnapshot, isClosed } = options;
    const use = (snapshot: Snapshot): InitialState => ({
      messages: firstMessages(isReset, snapshot),
      cursor: this.cursor(interest, this.log.head),
    });
    if (skipSnapshot) return use(new Map());
    const charge = (presences: number): void => this.limits.charge(caller, presences);
    return this.snapshots.take({ interest, isClosed, charge, use });
  }

  private cursor(interest: Interest, position: number, missed?: Missed): Cursor {
    return new Cursor(this.log, this.slices, interest, position, missed);
  }
}

/**
 * Yields the first messages of a subscription that starts from the state: `SYNC_RESET` if an older state is invalid,
 * then the snapshot. All presences are of one point in time; each message is encoded when it can be sent.
 */
function* firstMessages(isReset: boolean, snapshot: Snapshot): Generator<Buffer> {
  if (isReset) yield RESET;
  for (const part of partsOf([...snapshot.values()])) yield encodeSnapshot(part);
}
