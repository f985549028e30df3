import type { Principal } from '../auth/principal.js';
import type { Clock } from '../clock/clock.js';
import type { Viewer } from '../domain/viewer.js';
import type { CountScope, StatusCounts } from '../store/presence-reader.js';
import { tokenExpired, type Outlet } from './subscription.js';

/** The minimum time between two messages, in milliseconds. */
const CONFLATION_MS = 1000;

const HEARTBEAT = Buffer.alloc(0);

/** All users, or those in a channel or a group, as one viewer or several count them. */
export interface CountedScope {
  /** A viewer that sees the same as all viewers that share these counts. */
  readonly viewer: Viewer;
  readonly scope: CountScope | undefined;
  readonly subscriptions: Set<CountSubscription>;
  /** The counts that `message` has. */
  counts: StatusCounts;
  /** The encoded response with only these counts, which all subscriptions share. Several of them concatenate to one response. */
  message: Buffer;
}

/** One stream of `WatchCounts`. A client that reads slowly gets only the newest counts, so it costs constant memory. */
export class CountSubscription {
  /** The scopes that the client follows, in the order of the request. */
  scopes: readonly CountedScope[] = [];
  /** The scopes whose counts the client has not received yet. */
  readonly pending = new Set<CountedScope>();
  /**
   * Whether the viewer may count other users than the viewers with whom it shares the scopes. Until it follows other scopes,
   * it must receive nothing: the shared counts can have changed by a user who hides from it.
   */
  isHeld = false;
  /** The counts that the client has of the scopes that were counted again while it is held. */
  private readonly countsBefore = new Map<CountedScope, StatusCounts>();
  /** The time of the last message, by the monotonic clock. */
  private lastSentAt: number;
  private hasStarted = false;

  constructor(
    private readonly caller: Principal,
    private readonly outlet: Outlet,
    private readonly clock: Clock,
  ) {
    this.lastSentAt = clock.monotonic();
  }

  get viewer(): Viewer {
    return this.caller.viewer;
  }

  /** A scope that the client follows was counted again. `before`: its counts until now. */
  recounted(scope: CountedScope, before: StatusCounts): void {
    if (!this.isHeld) this.pending.add(scope);
    else if (!this.pending.has(scope) && !this.countsBefore.has(scope))
      this.countsBefore.set(scope, before);
  }

  /**
   * Replaces each followed scope by the result of `scopeInsteadOf`, which may be the same scope. The client receives
   * the counts that differ from those that it has.
   */
  move(scopeInsteadOf: (known: CountedScope) => CountedScope): void {
    this.scopes = this.scopes.map((known) => {
      const scope = scopeInsteadOf(known);
      const wasPending = this.pending.delete(known);
      const before = this.countsBefore.get(known) ?? known.counts;
      if (wasPending || !haveSameCounts(before, scope.counts)) this.pending.add(scope);
      return scope;
    });
    this.countsBefore.clear();
    this.isHeld = false;
  }

  /** Sends the pending counts, unless the last message is too recent or the connection accepts none now. */
  flush(): void {
    if (this.isHeld || this.pending.size === 0 || !this.outlet.isReady) return;
    const elapsedMs = this.clock.monotonic() - this.lastSentAt;
    if (this.hasStarted && elapsedMs < CONFLATION_MS) return;
    this.hasStarted = true;
    // In the order of the request: the order of the changes would reveal changes that the viewer does not see.
    const changed = this.scopes.filter((scope) => this.pending.has(scope));
    const messages = changed.map(({ message }) => message);
    this.pending.clear();
    this.send(messages.length === 1 ? messages[0]! : Buffer.concat(messages));
  }

  /** Ends the stream if the token of the caller has expired. Returns whether it did. */
  endIfExpired(wall: number): boolean {
    const { expiresAt } = this.caller;
    if (expiresAt === undefined || wall < expiresAt) return false;
    this.outlet.end(tokenExpired());
    return true;
  }

  sendHeartbeatIfDue(now: number, intervalMs: number): void {
    if (now - this.lastSentAt >= intervalMs && this.outlet.isReady) this.send(HEARTBEAT);
  }

  private send(message: Buffer): void {
    this.lastSentAt = this.clock.monotonic();
    this.outlet.send(message);
  }
}

export function haveSameCounts(a: StatusCounts, b: StatusCounts): boolean {
  return (Object.keys(a) as (keyof StatusCounts)[]).every((status) => a[status] === b[status]);
}
