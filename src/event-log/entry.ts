import type { EventKind } from '../domain/event.js';

/** One event in the log: the location of its bytes, and the fields that filters check. */
export interface LogEntry {
  readonly position: number;
  readonly userId: string;
  /** The channel of the user after the commit, and the channel before it. */
  readonly channelId: string | undefined;
  readonly previousChannelId: string | undefined;
  /** All other channels of the user after the commit or before it. Nearly always none. */
  readonly otherChannelIds: readonly string[];
  /** The commit that caused the event; see `CommitPosition`. */
  readonly partition: number;
  readonly seq: number;
  readonly kind: EventKind;
  readonly occurredAt: number;
  readonly block: Buffer;
  readonly start: number;
  readonly end: number;
  /** The end of the resume token that follows the event. Equal to `end` if no token follows. */
  tokenEnd: number;
  /**
   * The next entry of the same user. Undefined if this is the latest one, or if `EventLog.indexSuperseded` has not
   * linked it yet.
   */
  next: LogEntry | undefined;
}
