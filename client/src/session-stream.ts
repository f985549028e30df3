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

/** The `Connect` stream of one session, from its first message to its end. */
export class SessionStream {
  /** Resolves to the cause when the stream ends. */
  readonly ended: Promise<PresenceError>;
  /** Resolves when the server drains, to the milliseconds that the client should wait before it connects again. */
  readonly draining: Promise<number>;
  private readonly startedAt: number;
  private noteDraining!: (reconnectAfterMs: number) => void;

  private constructor(
    private readonly caller: CallExecutor,
    private readonly scope: Scope,
    private readonly messages: AsyncGenerator<ConnectResponse, never, void>,
    readonly started: SessionStarted,
    /** The services whose transport carries the stream. */
    readonly services: Services,
    /** The token with which the stream was opened. */
    readonly token: string,
    /** Detaches the stream from `attempt`: afterwards the end of the attempt does not end the stream. */
    readonly keep: () => void,
    private readonly onChoices: (choices: Choices) => void,
  ) {
    this.startedAt = caller.options.timers.now();
    this.draining = new Promise((resolve) => (this.noteDraining = resolve));
    this.ended = this.read();
  }

  /**
   * Opens a stream. Resolves when the session has started. The stream ends with `signal`, and with `attempt` until
   * `keep` is called. `onChoices` receives the later choices of the user.
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
          throw new PresenceError('internal', 'the first message is not session_started');
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

  /** Aborted when the stream ends. */
  get signal(): AbortSignal {
    return this.scope.signal;
  }

  get sessionId(): string {
    return this.started.session!.sessionId;
  }

  /**
   * The milliseconds until the token expires. The service checks the token by its own clock, and reports the time of
   * that clock when a session starts. So neither the clock of the device nor the claim `iat` is needed.
   */
  get tokenRestMs(): number {
    const lifetimeMs = expiryOf(this.token) - timestampMs(this.started.session!.connectedAt!);
    return lifetimeMs - (this.caller.options.timers.now() - this.startedAt);
  }

  /** Ends the stream and its session. */
  close(reason: PresenceError): void {
    this.scope.abort(reason);
  }

  /**
   * Waits for the end of the stream when the service does not know its session any more. The service has one second to
   * send the reason. After that the stream is useless and is ended.
   */
  async waitForEnd(): Promise<void> {
    this.scope.endAfter(
      this.caller.options.timers,
      LAST_WORD_MS,
      'unavailable',
      () => 'the session has ended',
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
   * Sends a heartbeat in response to a message. The server sends messages often enough, while browsers delay the timers
   * of background tabs. If a heartbeat is lost, the next one replaces it or the stream ends.
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
