import type { Principal } from '../auth/principal.js';
import type { Clock } from '../clock/clock.js';
import { RejectedError } from '../domain/rejected-error.js';
import type { Cursor } from '../event-log/cursor.js';
import type { LogEntry } from '../event-log/entry.js';
import { fitsInOneMessage } from '../event-log/batch-cache.js';
import type { Opening, Openings } from './initial-state.js';

/** After a message of a snapshot that is larger, others have their turn. */
const LARGE_MESSAGE_BYTES = 16 * 1024;

/** Where the messages of a subscription go. */
export interface Outlet {
  /** Whether a message would go out rather than into a queue. */
  readonly isReady: boolean;
  send(message: Buffer): void;
  /** Ends it with the reason, which is a refusal or a fault of the server. */
  end(reason: unknown): void;
}

export interface SubscriptionOptions {
  /** Whose token it is, and who is charged for what it is given. */
  readonly caller: Principal;
  readonly cursor: Cursor;
  readonly outlet: Outlet;
  /** Whether it is given the latest of each user, and not everything, when it is behind. */
  readonly latestOnly: boolean;
  /** Whether it is given no snapshot. */
  readonly skipSnapshot: boolean;
}

/**
 * One subscriber: an opening, then a cursor that follows the log. It sends only what its outlet takes at once, so a
 * reader however slow costs nothing but the place it has reached. There are as many as clients: it holds fields and no
 * closures.
 */
export class Subscription {
  readonly cursor: Cursor;
  /** Whether there is something to send that the outlet has not taken yet. */
  isLagging = true;
  /** Whether it is served again in the next turn of the event loop, and not before. */
  isResting = false;
  /** By the monotonic clock. */
  lastSentAt: number;
  private readonly outlet: Outlet;
  private readonly latestOnly: boolean;
  private readonly skipSnapshot: boolean;
  private readonly caller: Principal;
  private opening: Iterator<Buffer> | undefined;
  private isCurrent = false;
  /** Whether the outlet has been busy since the subscription was last up to date. */
  private hasBeenHeldUp = false;

  constructor(
    { caller, cursor, outlet, latestOnly, skipSnapshot }: SubscriptionOptions,
    opening: Opening['messages'],
    private readonly openings: Openings,
    private readonly clock: Clock,
  ) {
    this.cursor = cursor;
    this.outlet = outlet;
    this.latestOnly = latestOnly;
    this.skipSnapshot = skipSnapshot;
    this.caller = caller;
    this.opening = opening;
    this.lastSentAt = clock.monotonic();
  }

  /**
   * Sends what there is to send, as much as the outlet takes. Returns whether it stopped early and is to be served
   * again soon.
   */
  pump(): boolean {
    this.isLagging = true;
    while (this.outlet.isReady) {
      if (!this.recoverIfTruncated()) return false;
      const message = this.next();
      if (message !== undefined) {
        this.send(message);
        // It took milliseconds to make, and so will the next.
        if (this.opening !== undefined && message.length > LARGE_MESSAGE_BYTES) return true;
      } else if (this.cursor.isAtHead) return this.caughtUp();
      else return true;
    }
    this.hasBeenHeldUp = true;
    return false;
  }

  /** Sends all events for it before `head`, or falls behind when the outlet is busy or they are too many. */
  deliver(entries: readonly LogEntry[], head: number): void {
    if (this.outlet.isReady && fitsInOneMessage(entries)) {
      this.send(this.cursor.advance(entries, head));
    } else {
      this.markLagging(entries[0]!.position);
    }
  }

  /** Goes back to a place in the log from which on it has not been given anything. To be served from there. */
  markLagging(position: number): void {
    this.cursor.position = Math.max(this.cursor.position, position);
    this.isLagging = true;
  }

  /** Sends a message that is no event, unless the outlet is busy: then it is not quiet either. */
  sendHeartbeat(message: Buffer): void {
    if (this.outlet.isReady) this.send(message);
  }

  /**
   * Deals with events that have fallen out of the log before they were sent. Returns whether it can go on at once. It cannot
   * when it has ended, or when a new snapshot has to wait for the read limit of its user: then it is to be asked again.
   */
  recoverIfTruncated(): boolean {
    if (!this.isLagging || !this.cursor.isTruncated) return true;
    if (!this.latestOnly) {
      this.end(
        new RejectedError(
          'SUBSCRIBER_TOO_SLOW',
          'read too slowly; go on with the last resume_token',
        ),
      );
      return false;
    }
    // Held for one that does not read, the state would take memory and be old when it is wanted.
    if (!this.outlet.isReady) return true;
    const { caller, skipSnapshot } = this;
    const { filter } = this.cursor;
    const opening = this.openings.reopen({ caller, filter, skipSnapshot });
    if (opening === undefined) return false;
    this.opening = opening.messages;
    this.cursor.position = opening.position;
    this.isCurrent = false;
    return true;
  }

  /** `wall` is what the wall clock shows. */
  hasExpired(wall: number): boolean {
    const { expiresAt } = this.caller;
    return expiresAt !== undefined && wall >= expiresAt;
  }

  end(reason: unknown): void {
    this.outlet.end(reason);
  }

  private caughtUp(): false {
    this.isLagging = this.hasBeenHeldUp = false;
    return false;
  }

  private next(): Buffer | undefined {
    const opening = this.opening?.next();
    if (opening && !opening.done) return opening.value;
    this.opening = undefined;
    const message = this.cursor.read(this.latestOnly && this.hasBeenHeldUp);
    if (message !== undefined || !this.cursor.isAtHead || this.isCurrent) return message;
    this.isCurrent = true;
    return this.openings.current();
  }

  private send(message: Buffer): void {
    this.lastSentAt = this.clock.monotonic();
    this.outlet.send(message);
  }
}
