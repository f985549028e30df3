import type { Principal } from '../auth/principal.js';
import type { Presence } from '../domain/presence.js';
import type { EventLog } from '../event-log/event-log.js';
import type { Filter } from '../event-log/filter.js';
import type { ResumePoint } from '../event-log/resume-index.js';
import type { PresenceStore } from '../store/presence-store.js';
import { encodeCurrent, encodeReset, encodeSnapshot } from './event-encoder.js';
import { snapshotOf } from './snapshot.js';
import type { SubscribeLimits } from './subscribe-limits.js';

/** How many presences go into one message: some 50 to 100 KiB. */
const PRESENCES_PER_MESSAGE = 500;

/** What a subscriber asks for, and in whose name. */
export interface OpeningOptions {
  readonly caller: Principal;
  readonly filter: Filter;
  /** Whether it keeps no state, and wants none at the start or after a reset. */
  readonly skipSnapshot: boolean;
}

/** What a subscription begins with, and begins with again when its place in the log is gone. */
export interface Opening {
  /** Messages made one by one, as they are sent. */
  readonly messages: Iterator<Buffer>;
  /** The place in the log at which they hold. */
  readonly position: number;
  /** What a reader who resumes has seen of what comes next. */
  readonly resumed?: ResumePoint;
}

/** Whether it was known from the start that the place was gone, or a reader who wants the latest only fell behind. */
export type ResetCause = 'resume_token' | 'slow_reader';

/**
 * Opens subscriptions, from one moment: the state, its place in the log, and everything after it. Nothing falls in
 * between.
 */
export class Openings {
  /** How many readers lost their place and were given the state instead. */
  readonly resets: Record<ResetCause, number> = { resume_token: 0, slow_reader: 0 };

  constructor(
    private readonly store: PresenceStore,
    private readonly log: EventLog,
    private readonly limits: SubscribeLimits,
  ) {}

  /** From a token, while everything after it is held, and else from the state. Charges the caller for either. */
  open(options: OpeningOptions, resumeToken: string): Opening {
    if (resumeToken === '') return this.fromState(options, false);
    const resumed = this.log.find(resumeToken);
    if (resumed === undefined) {
      this.resets.resume_token++;
      return this.fromState(options, true);
    }
    // The events that are looked through cost as presences do.
    this.limits.charge(options.caller, this.log.head - resumed.start);
    return { messages: openingMessages(false, []), position: resumed.start, resumed };
  }

  /**
   * From the state once more, for a subscriber that lost changes. Charges its caller as at the start. Undefined: the caller has
   * read so much that another snapshot has to wait.
   */
  reopen(options: OpeningOptions): Opening | undefined {
    if (!options.skipSnapshot && !this.limits.mayBeginAnew(options.caller)) return undefined;
    this.resets.slow_reader++;
    return this.fromState(options, true);
  }

  /** The message that says that a subscription is up to date from now on. */
  current(): Buffer {
    return encodeCurrent(this.log.tokenFragment(this.log.head));
  }

  private fromState({ caller, filter, skipSnapshot }: OpeningOptions, isReset: boolean): Opening {
    const snapshot = skipSnapshot ? [] : snapshotOf(this.store.view, filter);
    this.limits.charge(caller, snapshot.length);
    return { messages: openingMessages(isReset, snapshot), position: this.log.head };
  }
}

/**
 * The first messages of a subscription that begins with the state: the word that an older state is void, and the
 * snapshot. The presences were taken at one moment; each message is made when it can be sent.
 */
function* openingMessages(isReset: boolean, snapshot: readonly Presence[]): Generator<Buffer> {
  if (isReset) yield encodeReset();
  for (let start = 0; start < snapshot.length; start += PRESENCES_PER_MESSAGE) {
    yield encodeSnapshot(snapshot.slice(start, start + PRESENCES_PER_MESSAGE));
  }
}
