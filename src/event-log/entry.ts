import type { Change } from '../domain/event.js';

/** One event in the log: where its bytes are, and what decides who is given it. */
export interface LogEntry {
  readonly position: number;
  readonly userId: string;
  /** The user's channel after the commit and before it. */
  readonly channelId: string | undefined;
  readonly previousChannelId: string | undefined;
  /** The commit that made it; see `Origin`. */
  readonly partition: number;
  readonly seq: number;
  readonly kind: Change['kind'];
  readonly occurredAt: number;
  readonly block: Buffer;
  readonly start: number;
  readonly end: number;
  /** Where the resume token that follows the event ends; `end` when none does. */
  tokenEnd: number;
  /** The next entry of the same user, once they are linked. Undefined: this is the latest. */
  next: LogEntry | undefined;
}
