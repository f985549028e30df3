import type { Presence } from '../domain/presence.js';
import type { EventLog } from '../log/event-log.js';
import type { Filter } from '../log/filter.js';
import type { ResumePoint } from '../log/timeline.js';
import type { PresenceStore } from '../store/presence-store.js';
import { encodeCurrent, encodeReset, encodeSnapshot } from './encode.js';
import { snapshotOf } from './snapshot.js';

/** How many presences go into one message: some 50 to 100 KiB. */
const PRESENCES_PER_MESSAGE = 500;

/** What a subscription begins with, and begins with again when its place in the log is gone. */
export interface Opening {
  /** Messages made one by one, as they are sent. */
  readonly messages: Iterator<Buffer>;
  /** How many presences they hold. */
  readonly presences: number;
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
  ) {}

  /** From a token, while everything after it is held, and else from the state. */
  open(filter: Filter, resumeToken: string, skipSnapshot: boolean): Opening {
    if (resumeToken === '') return this.fromState(filter, false, skipSnapshot);
    const resumed = this.log.find(resumeToken);
    if (resumed === undefined) {
      this.resets.resume_token++;
      return this.fromState(filter, true, skipSnapshot);
    }
    return { messages: openingMessages(false, []), presences: 0, position: resumed.start, resumed };
  }

  /** Who lost changes is owed the state, whether or not it wanted one at the start. */
  reopen(filter: Filter): Opening {
    this.resets.slow_reader++;
    return this.fromState(filter, true, false);
  }

  /** The message that says that a subscription is up to date from now on. */
  current(): Buffer {
    return encodeCurrent(this.log.tokenFragment(this.log.head));
  }

  private fromState(filter: Filter, isReset: boolean, skipSnapshot: boolean): Opening {
    const snapshot = skipSnapshot ? [] : snapshotOf(this.store.view, filter);
    const messages = openingMessages(isReset, snapshot);
    return { messages, presences: snapshot.length, position: this.log.head };
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
