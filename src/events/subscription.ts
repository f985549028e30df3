import type { Subscriber } from 'rxjs';
import type { Principal } from '../auth/principal.js';
import type { Clock } from '../clock/clock.js';
import { RejectedError } from '../domain/rejected-error.js';
import type { Cursor } from '../event-log/cursor.js';
import type { LogEntry } from '../event-log/entry.js';
import { fitsInOneMessage } from '../event-log/batch-cache.js';
import type { ServerStream } from '../transport/call/server-stream.js';
import type { InitialState, InitialStates } from './initial-state.js';

/** After a snapshot message larger than this, the subscription yields to the event loop. */
const LARGE_MESSAGE_BYTES = 16 * 1024;

/** The receiver of the messages of a subscription. */
export interface Outlet {
  /** Whether a message would be sent now rather than queued. */
  readonly isReady: boolean;
  /** Whether the stream has ended. */
  readonly isClosed: boolean;
  send(message: Buffer): void;
  /** Ends the stream with an error: a rejection or an internal error of the server. */
  end(reason: unknown): void;
}

/**
 * The stream of a subscription. It passes messages to the Observable and reports when the stream can send them.
 */
export class StreamOutlet implements Outlet {
  constructor(
    private readonly messages: Subscriber<Buffer>,
    private readonly stream: Pick<ServerStream, 'isReady'>,
  ) {}

  get isReady(): boolean {
    return !this.messages.closed && this.stream.isReady;
  }

  get isClosed(): boolean {
    return this.messages.closed;
  }

  send(message: Buffer): void {
    this.messages.next(message);
  }

  end(reason: unknown): void {
    this.messages.error(reason);
  }
}

export interface SubscriptionOptions {
  /** The owner of the token, whose read limit is charged. */
  readonly caller: Principal;
  readonly outlet: Outlet;
  /** Whether the subscription sends only the latest event of each user when it lags. */
  readonly latestOnly: boolean;
  /** Whether the subscription sends no snapshot. */
  readonly skipSnapshot: boolean;
}

/**
 * One subscription: its first messages, then a cursor that follows the log. It sends only what the outlet accepts at
 * once, so a slow reader costs no memory except its offset. There is one instance per client, so it holds fields and
 * no closures.
 */
export class Subscription {
  cursor: Cursor;
  /** Whether there is something to send that the outlet has not accepted yet. */
  isLagging = true;
  /** Whether the subscription is served again in the next slice of the event loop, and not earlier. */
  isYielding = false;
  /** The time of the last message, by the monotonic clock. */
  lastSentAt: number;
  private readonly outlet: Outlet;
  private readonly latestOnly: boolean;
  private readonly skipSnapshot: boolean;
  private readonly caller: Principal;
  private firstMessages: Iterator<Buffer> | undefined;
  private isCurrent = false;
  /** Whether a snapshot is taken because the subscription has lost its position. Until then it sends nothing. */
  private isRestarting = false;
  /** Whether the outlet was busy at any time since the subscription was last up to date. */
  private wasBlocked = false;

  constructor(
    { caller, outlet, latestOnly, skipSnapshot }: SubscriptionOptions,
    { messages, cursor }: InitialState,
    private readonly initialStates: InitialStates,
    private readonly clock: Clock,
  ) {
    this.cursor = cursor;
    this.outlet = outlet;
    this.latestOnly = latestOnly;
    this.skipSnapshot = skipSnapshot;
    this.caller = caller;
    this.firstMessages = messages;
    this.lastSentAt = clock.monotonic();
  }

  /**
   * Sends as much as the outlet accepts. Returns whether it stopped early and must be served again: true for soon, or the
   * promise of the snapshot that must be complete before.
   */
  pump(): boolean | Promise<void> {
    this.isLagging = true;
    while (this.outlet.isReady) {
      const recovered = this.recoverIfLost();
      if (recovered !== true) return recovered;
      const message = this.next();
      if (message !== undefined) {
        this.send(message);
        // This message took milliseconds to create, and so will the next one.
        if (this.firstMessages !== undefined && message.length > LARGE_MESSAGE_BYTES) return true;
      } else if (this.cursor.isAtHead) return this.markCurrent();
      else return true;
    }
    this.wasBlocked = true;
    return false;
  }

  /**
   * Sends all matching events before `head`. The subscription starts to lag if the outlet is busy or the events do
   * not fit into one message.
   */
  deliver(entries: readonly LogEntry[], head: number): void {
    if (this.outlet.isReady && fitsInOneMessage(entries)) {
      this.send(this.cursor.advance(entries, head));
    } else {
      const [{ facts, position }] = entries as readonly [LogEntry];
      // A reader that derives its events begins with a complete commit.
      this.markLagging(facts?.first ?? position);
    }
  }

  /**
   * Marks the subscription as lagging. It has received nothing from the offset `position` on, so it must continue
   * there.
   */
  markLagging(position: number): void {
    this.cursor.position = Math.max(this.cursor.position, position);
    this.isLagging = true;
  }

  /** Sends a message without events. If the outlet is busy, the stream is not silent and needs no heartbeat. */
  sendHeartbeat(message: Buffer): void {
    if (this.outlet.isReady) this.send(message);
  }

  /**
   * Handles the case that the log dropped events before they were sent, or does not say what the next commit changed for
   * the reader. Returns whether the subscription can continue at once. It cannot if it has ended, while a snapshot is taken,
   * or if that must wait for the read limit of its user; then the caller must try again later. Returns a promise if a
   * snapshot has begun, which resolves when the subscription can continue.
   */
  recoverIfLost(): boolean | Promise<void> {
    if (this.isRestarting) return false;
    const { isTruncated } = this.cursor;
    if (!this.isLagging || (!isTruncated && !this.cursor.lacksState())) return true;
    if (isTruncated && !this.latestOnly) {
      this.end(
        new RejectedError(
          'SUBSCRIBER_TOO_SLOW',
          'the subscriber reads too slowly; subscribe again with the last resume_token',
        ),
      );
      return false;
    }
    // A snapshot for a client that does not read would use memory and be outdated when it is sent.
    if (!this.outlet.isReady) return true;
    const { caller, skipSnapshot } = this;
    const { interest } = this.cursor;
    const cause = isTruncated ? 'slow_reader' : 'replayed_commit';
    const isClosed = (): boolean => this.outlet.isClosed;
    const options = { caller, interest, skipSnapshot, isClosed };
    const restarted = this.initialStates.restart(options, cause);
    if (restarted === undefined) return false;
    if (!(restarted instanceof Promise)) return this.restartFrom(restarted);
    this.isRestarting = true;
    return restarted.then(
      (state) => void (state && this.restartFrom(state)),
      (error: unknown) => this.end(error),
    );
  }

  private restartFrom({ messages, cursor }: InitialState): true {
    this.firstMessages = messages;
    this.cursor = cursor;
    this.isCurrent = this.isRestarting = false;
    return true;
  }

  /** Whether the token has expired. `wall` is the time of the wall clock. */
  hasExpired(wall: number): boolean {
    const { expiresAt } = this.caller;
    return expiresAt !== undefined && wall >= expiresAt;
  }

  /** Whether the subscription has to end, lags, or has sent nothing since `quietSince`. Most have nothing to do at most times. */
  needsService(wall: number, quietSince: number): boolean {
    return this.isLagging || this.lastSentAt <= quietSince || this.hasExpired(wall);
  }

  end(reason: unknown): void {
    this.outlet.end(reason);
  }

  private markCurrent(): false {
    this.isLagging = this.wasBlocked = false;
    return false;
  }

  private next(): Buffer | undefined {
    const first = this.firstMessages?.next();
    if (first && !first.done) return first.value;
    this.firstMessages = undefined;
    const message = this.cursor.read(this.latestOnly && this.wasBlocked);
    if (message !== undefined || !this.cursor.isAtHead || this.isCurrent) return message;
    this.isCurrent = true;
    return this.initialStates.current(this.cursor.rights);
  }

  private send(message: Buffer): void {
    this.lastSentAt = this.clock.monotonic();
    this.outlet.send(message);
  }
}

/** The error that ends a stream of `EventsService` when the token of its caller expires. */
export function tokenExpired(): RejectedError {
  return new RejectedError('TOKEN_EXPIRED', 'the token expired; subscribe again with a new one');
}
