import type { Subscriber } from 'rxjs';
import type { Clock } from '../clock/clock.js';
import { haveSameVersions, type ChoiceVersions } from '../domain/choice-versions.js';
import type { RejectedError } from '../domain/rejected-error.js';
import type { Session, User } from '../domain/user.js';
import type { ServerStream } from '../transport/call/server-stream.js';

/** A message on the stream of a session. */
export type SessionMessage =
  | {
      readonly type: 'started';
      readonly session: Session;
      /** The user, including this session. */
      readonly user: User;
      /** Zero if the client does not need to send heartbeats. */
      readonly heartbeatTimeoutMs: number;
    }
  | { readonly type: 'draining'; readonly reconnectAfterMs: number }
  /** A choice of the user changed. */
  | { readonly type: 'choices'; readonly user: User; readonly sessionId: string }
  | { readonly type: 'heartbeat' };

/** The maximum silence of both sides of a stream, in milliseconds. */
export interface Silence {
  /** The time after which the server sends a heartbeat on a quiet stream. */
  readonly heartbeatIntervalMs: number;
  /** The time after which the session of a silent client ends. Zero if it never does. */
  readonly heartbeatTimeoutMs: number;
}

/** The stream of a session. Its first message reports that the session has started. */
export class SessionStream {
  /** The time of the last message, by the monotonic clock. */
  private lastSentAt: number;
  /**
   * The time at which the next heartbeat is due, as of the last commit. Undefined if nothing was committed yet or
   * none is needed.
   */
  private heartbeatDueAt: number | undefined;
  /** The time of the last sign of life, on the clock `Listening.heardMs`. */
  private heardAt = 0;
  private isStarted = false;
  private endError: RejectedError | undefined;
  private sessionId = '';
  /** The versions of the choices that the client was last notified of. */
  private sentVersions: ChoiceVersions | undefined;
  /** The newest state of the user if the client was not notified of its choices yet. */
  private unsent: User | undefined;

  constructor(
    readonly userId: string,
    private readonly signals: Subscriber<SessionMessage>,
    private readonly serverStream: Pick<ServerStream, 'isReady'>,
    private readonly limits: Silence,
    private readonly clock: Clock,
  ) {
    this.lastSentAt = clock.monotonic();
  }

  /** Whether the client must send heartbeats. */
  get needsHeartbeats(): boolean {
    return this.limits.heartbeatTimeoutMs > 0;
  }

  /** Whether the session has started. */
  get hasStarted(): boolean {
    return this.isStarted;
  }

  /** The error with which the server ended the stream. Undefined if it did not. */
  get rejection(): RejectedError | undefined {
    return this.endError;
  }

  /** Records that this node received a call of the client for this session, even if the store cannot commit it. */
  hear(heardMs: number): void {
    this.heardAt = heardMs;
  }

  /**
   * Records the committed time at which the next heartbeat is due. A new value means that some node has received a
   * call of the client.
   */
  recordHeartbeatDue(dueAt: number, heardMs: number): void {
    if (dueAt === this.heartbeatDueAt) return;
    this.heartbeatDueAt = dueAt;
    this.heardAt = heardMs;
  }

  /**
   * Returns the time at which the heartbeat was due if the client was silent for the full timeout, otherwise
   * undefined.
   */
  missedAt(heardMs: number): number | undefined {
    const { heartbeatTimeoutMs } = this.limits;
    return heardMs - this.heardAt >= heartbeatTimeoutMs ? this.heartbeatDueAt : undefined;
  }

  start(started: Extract<SessionMessage, { readonly type: 'started' }>): void {
    this.isStarted = true;
    this.sessionId = started.session.sessionId;
    this.sentVersions = started.user.choiceVersions;
    this.signals.next(started);
    this.sendChoices();
  }

  announceDrain(reconnectAfterMs: number): void {
    this.send({ type: 'draining', reconnectAfterMs });
  }

  /** Records the newest state of the user, and notifies the client of choices that it does not know. */
  noteUser(user: User): void {
    this.unsent = user;
    this.sendChoices();
  }

  /** Sends a due heartbeat, and choices that could not be sent before. `now`: by the monotonic clock. */
  sendIfDue(now: number): void {
    if (this.unsent !== undefined) this.sendChoices();
    if (now - this.lastSentAt >= this.limits.heartbeatIntervalMs) this.send({ type: 'heartbeat' });
  }

  end(rejection: RejectedError): void {
    this.endError = rejection;
    this.signals.error(rejection);
  }

  /**
   * Sends a message, or drops it if the client does not read: a hint or heartbeat would be outdated by the time the
   * client reads again.
   */
  private send(signal: SessionMessage): void {
    if (!this.canSend) return;
    this.lastSentAt = this.clock.monotonic();
    this.signals.next(signal);
  }

  private get canSend(): boolean {
    return this.isStarted && this.serverStream.isReady;
  }

  /**
   * Notifies the client of changed choices. The client of a user with one session needs no message for its own
   * commands, because it gets the choices in the response.
   */
  private sendChoices(): void {
    const user = this.unsent;
    if (user === undefined || !this.canSend) return;
    this.unsent = undefined;
    const known = this.sentVersions;
    this.sentVersions = user.choiceVersions;
    if (known !== undefined && haveSameVersions(known, user.choiceVersions)) return;
    const isByOthers = known?.moderation !== user.choiceVersions.moderation;
    if (user.sessions.length < 2 && !isByOthers) return;
    this.send({ type: 'choices', user, sessionId: this.sessionId });
  }
}
