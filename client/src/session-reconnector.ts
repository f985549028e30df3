import { unlessAborted } from './abort.js';
import { errorOf, type CallExecutor } from './call-executor.js';
import type { CommandQueue } from './command-queue.js';
import type { Presence as PresenceMessage } from './generated/presence/v1/presence_pb.js';
import { runWithReconnect, type End } from './run-with-reconnect.js';
import type { KnownChoices } from './known-choices.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import type { SessionState } from './session-state.js';
import { SessionStream } from './session-stream.js';
import { sleep } from './timers.js';
import type { Services } from './transports.js';
import { expiryOf } from './token-source.js';

/** How long before its token expires a session moves to one with a new token, at most. */
const RENEWAL_LEAD_MS = 30_000;

/**
 * The least time between two moves, and between two questions for a token that lasts longer. The service accepts a token
 * for 5 seconds after its `exp`, so a session whose token is about to expire still moves before it is ended.
 */
const RENEWAL_PAUSE_MS = 4000;

interface KeeperOptions {
  readonly request: { readonly platform: string; readonly requireHeartbeats: boolean };
  /** Said when the first session begins, and never again: it may have been changed since, also elsewhere. */
  readonly initialMute: { readonly isMicrophoneMuted?: boolean; readonly isSpeakerMuted?: boolean };
  readonly choices: KnownChoices;
  readonly commands: CommandQueue;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly onState: (state: SessionState) => void;
  readonly onPresence: (presence: PresenceMessage | undefined) => void;
}

/**
 * Keeps a session going, on one stream after the other. A stream that is known to end soon, with its token or with its
 * server, is replaced before it does: for a moment the user has two, and nobody sees anything of it.
 */
export class SessionReconnector {
  private stream: SessionStream | undefined;
  /** Whether any session has begun, so that the service knows the initial mute state. */
  private hasBegun = false;
  /** Until when the service wants the session to stay away, once it has been told to move. */
  private retryNotBefore = 0;
  /** Called when there is a session. Each waiter removes its own: during a long outage many commands give up. */
  private readonly arrivals = new Set<() => void>();

  constructor(
    private readonly caller: CallExecutor,
    private readonly options: KeeperOptions,
  ) {}

  /** The stream of the moment. Undefined: there is none. */
  get current(): SessionStream | undefined {
    return this.stream?.isOpen ? this.stream : undefined;
  }

  /** Waits until there is a session. */
  async online(signal: AbortSignal): Promise<SessionStream> {
    for (;;) {
      if (this.current !== undefined) return this.current;
      let arrive!: () => void;
      const arrival = new Promise<void>((resolve) => (arrive = resolve));
      this.arrivals.add(arrive);
      try {
        await unlessAborted(arrival, signal);
      } finally {
        this.arrivals.delete(arrive);
      }
    }
  }

  /** Runs until there is no more use in it, and returns why. */
  run(): Promise<PresenceError> {
    const { signal, onState } = this.options;
    return runWithReconnect(
      this.caller,
      signal,
      () => this.runOnce(),
      (error, retryInMs) => onState({ status: 'reconnecting', error, retryInMs }),
    );
  }

  /** From one connection, or the failure to get one, to its loss. */
  private async runOnce(): Promise<End> {
    const { timers, tokens, transports } = this.caller.options;
    const { signal } = this.options;
    let services: Services | undefined;
    try {
      services = transports.current;
      await this.begin(signal);
    } catch (reason) {
      transports.rotate(services);
      return { error: errorOf(reason, signal), uptimeMs: 0, retryable: false };
    }
    const heldSince = timers.now();
    const { stream, error } = await this.hold();
    transports.rotate(stream.services);
    // Its token was good, so it has expired: only when a new one is refused, too, is that final.
    const isCured = error.code === 'unauthenticated';
    if (isCured) tokens.discard(stream.token);
    return { error, uptimeMs: timers.now() - heldSince, retryable: isCured };
  }

  /** Resolves when a stream has ended that no other has followed. */
  private async hold(): Promise<{
    readonly stream: SessionStream;
    readonly error: PresenceError;
  }> {
    for (;;) {
      const stream = this.stream!;
      const attempt = new Scope(this.options.signal);
      void this.moveInTime(stream, attempt.signal);
      const error = await stream.ended;
      attempt.abort(new PresenceError('closed', 'the stream before has ended'));
      if (this.stream === stream) return { stream, error: this.withDrain(error) };
    }
  }

  /** Every session is told another time to return, so that they do not all return at once. */
  private withDrain(error: PresenceError): PresenceError {
    const retryAfterMs = this.retryNotBefore - this.caller.options.timers.now();
    if (retryAfterMs <= 0 || !error.isRetryable) return error;
    return new PresenceError(error.code, error.message, { retryAfterMs, cause: error });
  }

  /** Begins the next stream before this one ends, where that can be foreseen, and ends this one when it stands. */
  private async moveInTime(stream: SessionStream, signal: AbortSignal): Promise<void> {
    const { timers } = this.caller.options;
    const backoff = this.caller.newBackoff();
    try {
      await Promise.race([this.drained(stream, signal), this.tokenRenewed(stream, signal)]);
      while (!(await this.hasMoved(stream, signal))) await sleep(timers, backoff.next({}), signal);
    } catch {
      // The stream has ended; what follows is a new beginning.
    }
  }

  private async hasMoved(stream: SessionStream, signal: AbortSignal): Promise<boolean> {
    try {
      await this.begin(signal, stream);
      return true;
    } catch {
      // There is time until the stream ends; why that failed is told if it is still so then.
      return false;
    }
  }

  /** Resolves when the service wants the session to move, and the time has come. */
  private async drained(stream: SessionStream, signal: AbortSignal): Promise<void> {
    const { timers, transports } = this.caller.options;
    const reconnectAfterMs = await unlessAborted(stream.draining, signal);
    this.retryNotBefore = timers.now() + reconnectAfterMs;
    transports.rotate(stream.services);
    await sleep(timers, reconnectAfterMs, signal);
  }

  /** Resolves shortly before the token of the stream expires, when there is one that is good for longer. */
  private async tokenRenewed(stream: SessionStream, signal: AbortSignal): Promise<void> {
    const { timers, tokens } = this.caller.options;
    const restMs = stream.tokenRestMs;
    const leadMs = Math.min(RENEWAL_LEAD_MS, restMs / 10);
    await sleep(timers, Math.max(RENEWAL_PAUSE_MS, restMs - leadMs), signal);
    let { token } = stream;
    for (;;) {
      tokens.discard(token);
      try {
        token = await tokens.get(signal);
      } catch (reason) {
        // The program gave up, so the session lasts as long as this token.
        if (!errorOf(reason, signal).isRetryable) await sleep(timers, Infinity, signal);
      }
      if (expiryOf(token) > expiryOf(stream.token)) return;
      await sleep(timers, RENEWAL_PAUSE_MS, signal);
    }
  }

  /** Begins a stream and makes it the one of the session. `previous` is there still, and ends when this one stands. */
  private async begin(attempt: AbortSignal, previous?: SessionStream): Promise<void> {
    const { request, initialMute, choices, signal, commands } = this.options;
    const known = choices.newest;
    const stream = await SessionStream.open(
      this.caller,
      {
        ...request,
        ...(!this.hasBegun && initialMute),
        ...(this.stream !== undefined && { previousSessionId: this.stream.sessionId }),
        choices: known,
      },
      { signal, attempt, onChoices: (told) => choices.hear(told) },
    );
    this.hasBegun = true;
    choices.hearAnswer(known, stream.started.choices);
    const take = async (): Promise<void> => {
      // It may have been given up while this was waiting for its turn.
      stream.signal.throwIfAborted();
      stream.keep();
      this.adopt(stream);
      previous?.close(new PresenceError('closed', 'the session has moved'));
    };
    try {
      // A command may be on its way to the session before; what it changes is not to be undone here. Without one they
      // all wait for this.
      await (previous === undefined ? take() : commands.add(take));
    } catch (reason) {
      stream.close(errorOf(reason, attempt));
      throw reason;
    }
  }

  private adopt(stream: SessionStream): void {
    this.stream = stream;
    this.options.onPresence(stream.started.presence);
    this.options.onState({ status: 'online', sessionId: stream.sessionId });
    for (const arrive of this.arrivals) arrive();
  }
}
