import { unlessAborted } from './abort.js';
import { errorOf, type CallExecutor } from './call-executor.js';
import type { CommandQueue } from './command-queue.js';
import type { Presence as PresenceMessage } from './generated/presence/v1/presence_pb.js';
import type { Choices } from './generated/presence/v1/presence_service_pb.js';
import { runWithReconnect, type End } from './run-with-reconnect.js';
import { deniedChannels, type KnownChoices } from './known-choices.js';
import { updateRequest, type AttributeRecord } from './attributes.js';
import type { OwnAttributes } from './own-attributes.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import type { SessionState } from './session-state.js';
import { SessionStream } from './session-stream.js';
import { sleep } from './timers.js';
import type { Services } from './transports.js';
import { newTokenNeeded } from './token-renewal.js';

interface KeeperOptions {
  readonly request: { readonly platform: string; readonly requireHeartbeats: boolean };
  /** Sent only when the first session starts, because the user may have changed it since, also on another device. */
  readonly initialMute: { readonly isMicrophoneMuted?: boolean; readonly isSpeakerMuted?: boolean };
  readonly choices: KnownChoices;
  readonly attributes: OwnAttributes;
  readonly commands: CommandQueue;
  /** Stops the reconnector. */
  readonly signal: AbortSignal;
  readonly onState: (state: SessionState) => void;
  readonly onPresence: (presence: PresenceMessage | undefined) => void;
  /** Called after the session is online, with each channel that it could not join again. */
  readonly onDenied: (channelId: string) => void;
}

/**
 * Keeps a session connected over successive streams. A stream that is known to end soon, because its token expires or
 * its server drains, is replaced before that. The user then has two sessions for a short time, which other users cannot
 * see.
 */
export class SessionReconnector {
  private stream: SessionStream | undefined;
  /** Whether any session has started, so that the service knows the initial mute state. */
  private hasBegun = false;
  /** The time before which the client should not reconnect, set when the server drains. */
  private retryNotBefore = 0;
  /**
   * Called when a session is available. Each waiter removes its own entry, because many commands time out during a long
   * outage.
   */
  private readonly arrivals = new Set<() => void>();

  constructor(
    private readonly caller: CallExecutor,
    private readonly options: KeeperOptions,
  ) {}

  /** The open stream, or undefined if there is none. */
  get current(): SessionStream | undefined {
    return this.stream?.isOpen ? this.stream : undefined;
  }

  /** Waits until a session is available. */
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

  /** Runs until reconnecting makes no sense any more, and returns the reason. */
  run(): Promise<PresenceError> {
    const { signal, onState } = this.options;
    return runWithReconnect(
      this.caller,
      signal,
      () => this.runOnce(),
      (error, retryInMs) => onState({ status: 'reconnecting', error, retryInMs }),
    );
  }

  /** Handles one connection, from the attempt to open it to its loss. */
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
    // The service accepted the token at first, so it has expired or was revoked. The error is final only if a new token
    // is rejected too.
    const mayTryNewToken = error.code === 'unauthenticated' && tokens.reject(stream.token, error);
    return { error, uptimeMs: timers.now() - heldSince, retryable: mayTryNewToken };
  }

  /** Resolves when a stream has ended and no other stream has replaced it. */
  private async hold(): Promise<{
    readonly stream: SessionStream;
    readonly error: PresenceError;
  }> {
    for (;;) {
      const stream = this.stream!;
      const attempt = new Scope(this.options.signal);
      void this.moveInTime(stream, attempt.signal);
      const error = await stream.ended;
      attempt.abort(new PresenceError('closed', 'the previous stream has ended'));
      if (this.stream === stream) return { stream, error: this.withDrain(error) };
    }
  }

  /** The server sends each session a different reconnect time, so that they do not all reconnect at once. */
  private withDrain(error: PresenceError): PresenceError {
    const retryAfterMs = this.retryNotBefore - this.caller.options.timers.now();
    if (retryAfterMs <= 0 || !error.isRetryable) return error;
    return new PresenceError(error.code, error.message, {
      reason: error.reason,
      retryAfterMs,
      cause: error,
    });
  }

  /**
   * Opens the next stream before this one ends, if the end is foreseeable, and closes this one once the next is open.
   */
  private async moveInTime(stream: SessionStream, signal: AbortSignal): Promise<void> {
    const { timers } = this.caller.options;
    const backoff = this.caller.newBackoff();
    try {
      await Promise.race([
        this.drained(stream, signal),
        newTokenNeeded(this.caller, stream, signal),
      ]);
      while (!(await this.hasMoved(stream, signal))) await sleep(timers, backoff.next({}), signal);
    } catch {
      // The stream has ended, so `run` opens a new one.
    }
  }

  private async hasMoved(stream: SessionStream, signal: AbortSignal): Promise<boolean> {
    const { timers } = this.caller.options;
    try {
      await this.begin(signal, stream);
      return true;
    } catch (reason) {
      // The stream is still open. If the failure persists until it ends, the error is reported then.
      if (isFinal(errorOf(reason, signal))) await sleep(timers, Infinity, signal);
      return false;
    }
  }

  /** Resolves when the server has asked the session to move and the requested delay has passed. */
  private async drained(stream: SessionStream, signal: AbortSignal): Promise<void> {
    const { timers, transports } = this.caller.options;
    const reconnectAfterMs = await unlessAborted(stream.draining, signal);
    this.retryNotBefore = timers.now() + reconnectAfterMs;
    transports.rotate(stream.services);
    await sleep(timers, reconnectAfterMs, signal);
  }

  /**
   * Opens a stream and makes it the stream of the session. `previous` stays open until the new stream has replaced it.
   */
  private async begin(attempt: AbortSignal, previous?: SessionStream): Promise<void> {
    const { choices, commands, onDenied } = this.options;
    const known = choices.newest;
    const { stream, attributes } = await this.open(known, attempt);
    this.hasBegun = true;
    choices.applyResponse(known, stream.started.choices);
    const take = async (): Promise<void> => {
      await this.completeAttributes(stream, attributes);
      // The attempt may have been cancelled while this waited in the command queue.
      stream.signal.throwIfAborted();
      stream.keep();
      this.adopt(stream);
      for (const channelId of deniedChannels(known, stream.started.choices)) onDenied(channelId);
      previous?.close(new PresenceError('closed', 'the session has moved'));
    };
    try {
      // A command may still run on the previous session, and the move must not undo its change, so the move waits in
      // the command queue. Without a previous session all commands wait for this stream.
      await (previous === undefined ? take() : commands.add(take));
    } catch (reason) {
      stream.close(errorOf(reason, attempt));
      throw reason;
    }
  }

  private async open(
    choices: Choices,
    attempt: AbortSignal,
  ): Promise<{ readonly stream: SessionStream; readonly attributes: AttributeRecord }> {
    const { request, initialMute, signal, attributes: own } = this.options;
    const attributes = own.lasting();
    try {
      const stream = await SessionStream.open(
        this.caller,
        {
          ...request,
          ...(!this.hasBegun && initialMute),
          ...(this.stream !== undefined && { previousSessionId: this.stream.sessionId }),
          attributes,
          choices,
        },
        { signal, attempt, onChoices: (choices) => this.options.choices.apply(choices) },
      );
      return { stream, attributes };
    } catch (reason) {
      // Other devices may have set so many attributes meanwhile that these have no room. The session is worth more.
      const hasAny = this.hasBegun && Object.keys(attributes).length > 0;
      if (!hasAny || !isAboutAttributes(errorOf(reason, attempt))) throw reason;
      own.clear();
      return this.open(choices, attempt);
    }
  }

  /**
   * Sets the attributes that a session did not start with: those that expire, and those that were set on the previous
   * session meanwhile. If the service cannot set them, the session goes on without them.
   */
  private async completeAttributes(stream: SessionStream, started: AttributeRecord): Promise<void> {
    const updates = this.options.attributes.updatesSince(started);
    if (updates.length === 0) return;
    const deadline = this.caller.deadline(stream.signal);
    try {
      for (const update of updates) {
        const request = updateRequest(stream.sessionId, update, true);
        await this.caller.callWithin(deadline.signal, ({ presences }, call) =>
          presences.updateAttributes(request, call),
        );
      }
    } catch {
      // A lost connection also ends the stream, and the next session starts with the attributes.
    } finally {
      deadline.close();
    }
  }

  private adopt(stream: SessionStream): void {
    this.stream = stream;
    this.options.onPresence(stream.started.presence);
    this.options.onState({ status: 'online', sessionId: stream.sessionId });
    for (const arrive of this.arrivals) arrive();
  }
}

/** Whether no new attempt makes sense: the token may not begin sessions, for instance. */
function isFinal({ code, isRetryable }: PresenceError): boolean {
  return !isRetryable && code !== 'unauthenticated';
}

function isAboutAttributes({ violations }: PresenceError): boolean {
  return violations.some(({ field }) => field === 'attributes');
}
