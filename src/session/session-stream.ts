import type { Subscriber } from 'rxjs';
import type { Clock } from '../clock/clock.js';
import { haveSameVersions, type ChoiceVersions } from '../domain/choice-versions.js';
import type { RejectedError } from '../domain/rejected-error.js';
import type { Session, User } from '../domain/user.js';

/** What happens on the stream of a session. */
export type SessionMessage =
  | {
      readonly type: 'started';
      readonly session: Session;
      /** With this session counted in. */
      readonly user: User;
      /** Zero: none are needed. */
      readonly heartbeatTimeoutMs: number;
    }
  | { readonly type: 'draining'; readonly reconnectAfterMs: number }
  /** The user chose something. */
  | { readonly type: 'choices'; readonly user: User; readonly sessionId: string }
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

/** How long both sides of a stream may be silent, in milliseconds. */
export interface Silence {
  /** The server, before a heartbeat of its own is due. */
  readonly heartbeatIntervalMs: number;
  /** The client, before its session ends. Zero: forever. */
  readonly heartbeatTimeoutMs: number;
}

/** The stream that a session lives on. Its first message says that the session has started. */
export class SessionStream {
  /** When something was last sent, by the monotonic clock. */
  private lastSentAt: number;
  /** When the next sign of life is due, as was committed last. Undefined: nothing was, or none are needed. */
  private heartbeatDueAt: number | undefined;
  /** When the last sign of life arrived, in the time in which this node listens. */
  private heardAt = 0;
  private isStarted = false;
  private endError: RejectedError | undefined;
  private sessionId = '';
  /** Of the choices that the client was told of last. */
  private told: ChoiceVersions | undefined;
  /** The newest state of a user whose choices the client is still to be told of. */
  private untold: User | undefined;

  constructor(
    readonly userId: string,
    private readonly signals: Subscriber<SessionMessage>,
    private readonly connection: Connection,
    private readonly limits: Silence,
    private readonly clock: Clock,
  ) {
    this.lastSentAt = clock.monotonic();
  }

  /** Whether the session has begun. */
  get hasStarted(): boolean {
    return this.isStarted;
  }

  /** Why the server has ended it. Undefined: it has not. */
  get refusal(): RejectedError | undefined {
    return this.endError;
  }

  /** Its client has given a sign of life on this node, whether or not the store can take it in. */
  hear(heardMs: number): void {
    this.heardAt = heardMs;
  }

  /** It was committed when the next sign of life is due. If that has changed, some node has heard one. */
  noteHeartbeatDue(dueAt: number, heardMs: number): void {
    if (dueAt === this.heartbeatDueAt) return;
    this.heartbeatDueAt = dueAt;
    this.heardAt = heardMs;
  }

  /** When a sign of life was due, if the client has been silent for the whole timeout. Undefined: it has not. */
  missedAt(heardMs: number): number | undefined {
    const { heartbeatTimeoutMs } = this.limits;
    if (heartbeatTimeoutMs === 0) return undefined;
    return heardMs - this.heardAt >= heartbeatTimeoutMs ? this.heartbeatDueAt : undefined;
  }

  start(started: Extract<SessionMessage, { readonly type: 'started' }>): void {
    this.isStarted = true;
    this.sessionId = started.session.sessionId;
    this.told = started.user.choiceVersions;
    this.signals.next(started);
    this.tellChoices();
  }

  announceDrain(reconnectAfterMs: number): void {
    this.send({ type: 'draining', reconnectAfterMs });
  }

  /** Takes note of the newest state of the user, and tells the client of choices that it does not know. */
  noteUser(user: User): void {
    this.untold = user;
    this.tellChoices();
  }

  /** Sends what has become due, and what could not go out before. */
  sendIfDue(): void {
    this.tellChoices();
    const quietMs = this.clock.monotonic() - this.lastSentAt;
    if (quietMs >= this.limits.heartbeatIntervalMs) this.send({ type: 'heartbeat' });
  }

  end(refusal: RejectedError): void {
    this.endError = refusal;
    this.signals.error(refusal);
  }

  /** A client that does not read misses hints and heartbeats; they would be stale when it reads on. */
  private send(signal: SessionMessage): void {
    if (!this.canSend) return;
    this.lastSentAt = this.clock.monotonic();
    this.signals.next(signal);
  }

  private get canSend(): boolean {
    return this.isStarted && this.connection.isReady;
  }

  /** On the only session of a user each choice is a command of its client, which learns of it from the response. */
  private tellChoices(): void {
    const user = this.untold;
    if (user === undefined || !this.canSend) return;
    this.untold = undefined;
    const isKnown = this.told !== undefined && haveSameVersions(this.told, user.choiceVersions);
    this.told = user.choiceVersions;
    if (isKnown || user.sessions.length < 2) return;
    this.send({ type: 'choices', user, sessionId: this.sessionId });
  }
}
