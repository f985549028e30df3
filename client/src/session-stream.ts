import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { withSilenceTimeout } from './silence-timeout.js';
import { errorOf, type CallExecutor } from './call-executor.js';
import type { Choices } from './generated/presence/v1/presence_service_pb.js';
import type {
  ConnectRequestSchema,
  ConnectResponse,
  SessionStarted,
} from './generated/presence/v1/session_service_pb.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { expiryOf } from './token-source.js';
import type { Services } from './transports.js';

const LAST_WORD_MS = 1000;

/** The `Connect` stream of one session of the service, from its first message to its end. */
export class SessionStream {
  /** Why it is over. */
  readonly ended: Promise<PresenceError>;
  /** Resolves to how long to wait before connecting again, when the service is about to stop. */
  readonly draining: Promise<number>;
  private readonly startedAt: number;
  private noteDraining!: (reconnectAfterMs: number) => void;

  private constructor(
    private readonly caller: CallExecutor,
    private readonly scope: Scope,
    private readonly messages: AsyncGenerator<ConnectResponse, never, void>,
    readonly started: SessionStarted,
    /** What it goes over. */
    readonly services: Services,
    /** What it was begun with. */
    readonly token: string,
    /** From when on it does not end with the attempt to begin it. */
    readonly keep: () => void,
    private readonly onChoices: (choices: Choices) => void,
  ) {
    this.startedAt = caller.options.timers.now();
    this.draining = new Promise((resolve) => (this.noteDraining = resolve));
    this.ended = this.read();
  }

  /**
   * Begins a session. Resolves when it has started. Ends with `signal`, and until it is kept with `attempt`. `onChoices` is
   * told what the user has chosen since.
   */
  static open(
    caller: CallExecutor,
    request: MessageInitShape<typeof ConnectRequestSchema>,
    {
      signal,
      attempt,
      onChoices,
    }: {
      readonly signal: AbortSignal;
      readonly attempt: AbortSignal;
      readonly onChoices: (choices: Choices) => void;
    },
  ): Promise<SessionStream> {
    return caller.authenticated(attempt, async (headers, token) => {
      const services = caller.options.transports.current;
      const scope = new Scope(signal);
      const keep = scope.follow(attempt);
      const messages = withSilenceTimeout(
        (signal) => services.sessions.connect(request, { headers, signal, timeoutMs: 0 }),
        caller.options,
        scope.signal,
      );
      try {
        const { body } = (await messages.next()).value;
        if (body.case !== 'sessionStarted') {
          throw new PresenceError('internal', 'session_started does not come first');
        }
        const { value } = body;
        return new SessionStream(caller, scope, messages, value, services, token, keep, onChoices);
      } catch (reason) {
        const error = errorOf(reason, scope.signal);
        scope.abort(error);
        throw error;
      }
    });
  }

  get isOpen(): boolean {
    return !this.scope.signal.aborted;
  }

  /** Ends with the stream. */
  get signal(): AbortSignal {
    return this.scope.signal;
  }

  get sessionId(): string {
    return this.started.session!.sessionId;
  }

  /**
   * The milliseconds until its token expires. The service judges the token by its own clock, and says what time it is
   * when a session begins. So neither the clock of the device nor a claim `iat` is needed.
   */
  get tokenRestMs(): number {
    const lifetimeMs = expiryOf(this.token) - timestampMs(this.started.session!.connectedAt!);
    return lifetimeMs - (this.caller.options.timers.now() - this.startedAt);
  }

  /** Ends it, and with it the session. */
  close(reason: PresenceError): void {
    this.scope.abort(reason);
  }

  /**
   * Waits for the end when the service does not know the session any more. It is given a moment to say why; a stream
   * on which that does not arrive is of no use.
   */
  async waitForEnd(): Promise<void> {
    this.scope.endAfter(
      this.caller.options.timers,
      LAST_WORD_MS,
      'unavailable',
      () => 'the session is gone',
    );
    await this.ended;
  }

  private async read(): Promise<PresenceError> {
    try {
      for (;;) {
        const { body } = (await this.messages.next()).value;
        if (this.started.heartbeatTimeoutMs > 0) this.sendHeartbeat();
        if (body.case === 'choices') this.onChoices(body.value);
        if (body.case === 'sessionDraining') this.noteDraining(body.value.reconnectAfterMs);
      }
    } catch (reason) {
      const error = errorOf(reason, this.scope.signal);
      this.scope.abort(error);
      return error;
    }
  }

  /**
   * Says that the client is there, as an answer to a message: the service sends one in good time, and browsers hold back
   * the timers of a tab in the background. What gets lost is made up for by the next, or ends the stream.
   */
  private sendHeartbeat(): void {
    const { signal } = this.scope;
    const { sessionId } = this;
    const beat = this.caller.call(
      ({ sessions }, options) => sessions.heartbeat({ sessionId }, options),
      { signal },
    );
    beat.catch((error: PresenceError) => {
      if (error.code === 'not-found') void this.waitForEnd();
    });
  }
}
