import type { Subscriber } from 'rxjs';
import type { Clock } from '../clock/clock.js';
import type { Presence } from '../domain/presence.js';
import type { Refusal } from '../domain/refusal.js';
import type { Session } from '../domain/user.js';

/** What happens on the stream of a session. */
export type SessionSignal =
  | {
      readonly type: 'started';
      readonly session: Session;
      readonly presence: Presence;
      /** Zero: none are needed. */
      readonly heartbeatTimeoutMs: number;
    }
  | { readonly type: 'draining'; readonly reconnectAfterMs: number }
  | { readonly type: 'heartbeat' };

/** The connection under a stream. */
export interface Connection {
  /** Whether a message would go out rather than into a queue. */
  readonly isReady: boolean;
  /** Whether the whole connection is gone, and not just the stream. */
  readonly isConnectionLost: boolean;
  /** Whether a client that has fallen silent is found out without its help. */
  readonly noticesSilence: boolean;
}

/** The stream that a session lives on. Its first message says that the session has started. */
export class SessionStream {
  /** When something was last sent. */
  private lastSentAt: number;
  private isStarted = false;
  private lastWord: Refusal | undefined;

  constructor(
    private readonly signals: Subscriber<SessionSignal>,
    private readonly connection: Connection,
    /** How long it may be quiet before a heartbeat is due. */
    private readonly heartbeatIntervalMs: number,
    private readonly clock: Clock,
  ) {
    this.lastSentAt = clock.now();
  }

  /** Whether the session has begun. */
  get hasStarted(): boolean {
    return this.isStarted;
  }

  /** Why the server has ended it. Undefined: it has not. */
  get refusal(): Refusal | undefined {
    return this.lastWord;
  }

  start(started: Extract<SessionSignal, { readonly type: 'started' }>): void {
    this.isStarted = true;
    this.signals.next(started);
  }

  announceDrain(reconnectAfterMs: number): void {
    this.send({ type: 'draining', reconnectAfterMs });
  }

  sendHeartbeatIfDue(): void {
    const quietMs = this.clock.now() - this.lastSentAt;
    if (quietMs >= this.heartbeatIntervalMs) this.send({ type: 'heartbeat' });
  }

  end(refusal: Refusal): void {
    this.lastWord = refusal;
    this.signals.error(refusal);
  }

  /** A client that does not read misses hints and heartbeats; they would be stale when it reads on. */
  private send(signal: SessionSignal): void {
    if (!this.isStarted || !this.connection.isReady) return;
    this.lastSentAt = this.clock.now();
    this.signals.next(signal);
  }
}
