import { Refusal } from '../domain/refusal.js';
import type { Cursor } from '../log/cursor.js';
import type { Entry } from '../log/entry.js';
import { fitInMessage } from '../log/slices.js';

/** Where the messages of a subscription go. */
export interface Outlet {
  /** Whether a message would go out rather than into a queue. */
  readonly isReady: boolean;
  readonly send: (message: Buffer) => void;
  readonly end: (refusal: Refusal) => void;
}

/** What a subscription begins with, and begins with again when its place in the log is gone. */
export interface Opening {
  /** Messages made one by one, as they are sent. */
  readonly messages: Iterator<Buffer>;
  /** The place in the log at which they hold. */
  readonly position: number;
}

export interface SubscriptionOptions {
  readonly cursor: Cursor;
  readonly outlet: Outlet;
  readonly latestOnly: boolean;
  readonly opening: Iterator<Buffer>;
  /** Begins anew after a loss, for those who want the latest and not everything. */
  readonly reopen: () => Opening;
  /** When the token of the subscriber stops being accepted. Undefined: never. */
  readonly expiresAt: number | undefined;
  /** The message that says that the subscription is up to date from now on. */
  readonly current: () => Buffer;
  readonly now: () => number;
}

/**
 * One subscriber: an opening, then a cursor that follows the log. It sends only what its outlet takes at once, so a
 * reader however slow costs nothing but the place it has reached.
 */
export class Subscription {
  readonly cursor: Cursor;
  /** Whether there is something to send that the outlet has not taken yet. */
  isBehind = true;
  lastSentAt: number;
  private opening: Iterator<Buffer> | undefined;
  private isCurrent = false;
  /** Whether the outlet has been busy since the subscription was last up to date. */
  private hasBeenHeldUp = false;

  constructor(private readonly options: SubscriptionOptions) {
    this.cursor = options.cursor;
    this.opening = options.opening;
    this.lastSentAt = options.now();
  }

  /**
   * Sends what there is to send, as much as the outlet takes. Returns whether it stopped early and is to be served
   * again soon.
   */
  serve(): boolean {
    this.isBehind = true;
    while (this.options.outlet.isReady) {
      if (!this.isSafe()) return false;
      const message = this.next();
      if (message !== undefined) this.send(message);
      else if (this.cursor.isAtHead) return this.caughtUp();
      else return true;
    }
    this.hasBeenHeldUp = true;
    return false;
  }

  /** Sends all events for it before `head`, or falls behind when the outlet is busy or they are too many. */
  give(entries: readonly Entry[], head: number): void {
    if (this.options.outlet.isReady && fitInMessage(entries)) {
      this.send(this.cursor.take(entries, head));
    } else {
      this.fallBehind(entries[0]!.position);
    }
  }

  /** Goes back to a place in the log from which on it has not been given anything. To be served from there. */
  fallBehind(position: number): void {
    this.cursor.position = Math.max(this.cursor.position, position);
    this.isBehind = true;
  }

  /** Sends a message that is no event, unless the outlet is busy: then it is not quiet either. */
  nudge(message: Buffer): void {
    if (this.options.outlet.isReady) this.send(message);
  }

  /** Deals with events that have fallen out of the log before they were sent. Returns whether it can go on. */
  isSafe(): boolean {
    if (!this.isBehind || !this.cursor.isLost) return true;
    if (!this.options.latestOnly) {
      this.end(
        new Refusal('SUBSCRIBER_TOO_SLOW', 'read too slowly; go on with the last resume_token'),
      );
      return false;
    }
    // Held for one that does not read, the state would take memory and be old when it is wanted.
    if (!this.options.outlet.isReady) return true;
    const { messages, position } = this.options.reopen();
    this.opening = messages;
    this.cursor.position = position;
    this.isCurrent = false;
    return true;
  }

  hasExpired(now: number): boolean {
    return this.options.expiresAt !== undefined && now >= this.options.expiresAt;
  }

  readonly end = (refusal: Refusal): void => {
    this.options.outlet.end(refusal);
  };

  private caughtUp(): false {
    this.isBehind = this.hasBeenHeldUp = false;
    return false;
  }

  private next(): Buffer | undefined {
    const opening = this.opening?.next();
    if (opening && !opening.done) return opening.value;
    this.opening = undefined;
    const message = this.cursor.read(this.options.latestOnly && this.hasBeenHeldUp);
    if (message !== undefined || !this.cursor.isAtHead || this.isCurrent) return message;
    this.isCurrent = true;
    return this.options.current();
  }

  private send(message: Buffer): void {
    this.lastSentAt = this.options.now();
    this.options.outlet.send(message);
  }
}
