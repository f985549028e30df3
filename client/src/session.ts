import type { CallOptions } from '@connectrpc/connect';
import { unlessAborted } from './abort.js';
import {
  check,
  checkDate,
  checkFlag,
  checkId,
  checkName,
  checkObject,
  checkOptions,
  checkText,
} from './arguments.js';
import { errorOf, type CallExecutor, type RequestOptions } from './call-executor.js';
import { CommandQueue } from './command-queue.js';
import { dispose } from './disposal.js';
import type { Presence as PresenceMessage } from './generated/presence/v1/presence_pb.js';
import type { Choices } from './generated/presence/v1/presence_service_pb.js';
import { KnownChoices } from './known-choices.js';
import { ObservableValue, type ReadonlyValue } from './observable-value.js';
import { presenceOf, type Presence } from './presence.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { SessionReconnector } from './session-reconnector.js';
import type { SessionState } from './session-state.js';
import type { Services } from './transports.js';
import { CHOICES, statusRequest, type ChosenStatus } from './status-choice.js';

export interface SessionOptions {
  /**
   * The platform of the program: "desktop", "mobile", "web" or another short word of lower-case letters, digits and
   * dashes.
   */
  readonly platform?: string;
  /** The state of the microphone, set only when the session starts for the first time. Default: unchanged. */
  readonly microphoneMuted?: boolean;
  /** The state of the speaker, set only when the session starts for the first time. Default: unchanged. */
  readonly speakerMuted?: boolean;
  /**
   * Whether the service ends the session if it receives nothing from this program within its heartbeat timeout. Use it
   * behind proxies that hide a lost connection. The library sends the heartbeats.
   */
  readonly requireHeartbeats?: boolean;
  /** Closes the session. */
  readonly signal?: AbortSignal;
}

/** The mute states to change. At least one must be given. */
export interface MuteChange {
  readonly microphone?: boolean;
  readonly speaker?: boolean;
}

export interface StatusDetails {
  /** The text beside the status, at most 128 characters. Default: none. */
  readonly text?: string;
  /**
   * The time at which status and text expire and the status becomes automatic again. Default: they stay until changed.
   */
  readonly until?: Date;
}

/**
 * One device of one user. The user is online while the session is open. A lost connection is opened again
 * automatically, and the session then restores choices of the user that the service has lost. Changes made on another
 * device meanwhile are kept. Commands take effect in call order. Without a connection they wait for one, up to the
 * timeout of a call.
 */
export class Session {
  private readonly stateValue = new ObservableValue<SessionState>({ status: 'connecting' });
  private readonly choices = new KnownChoices();
  private readonly commands = new CommandQueue();
  private readonly scope: Scope;
  private readonly keeper: SessionReconnector;
  private lastPresence: Presence | undefined;
  /** Resolves when the user is online for the first time. Rejects if the session is closed before. */
  readonly ready: Promise<void>;

  /** @private Use `connect` of a client. */
  constructor(
    private readonly caller: CallExecutor,
    options: SessionOptions,
  ) {
    checkOptions(options);
    const { platform = '', requireHeartbeats = false, microphoneMuted, speakerMuted } = options;
    const isPlatform = typeof platform === 'string' && /^[a-z0-9-]{0,32}$/.test(platform);
    check(isPlatform, 'platform', 'must be at most 32 lower-case letters, digits and dashes');
    checkFlag(microphoneMuted, 'microphoneMuted');
    checkFlag(speakerMuted, 'speakerMuted');
    checkFlag(requireHeartbeats, 'requireHeartbeats');
    this.scope = new Scope(caller.options.signal, options.signal);
    this.keeper = new SessionReconnector(caller, {
      request: { platform, requireHeartbeats },
      initialMute: {
        ...(microphoneMuted !== undefined && { isMicrophoneMuted: microphoneMuted }),
        ...(speakerMuted !== undefined && { isSpeakerMuted: speakerMuted }),
      },
      choices: this.choices,
      commands: this.commands,
      signal: this.scope.signal,
      onState: (state) => this.stateValue.set(state),
      onPresence: (presence) => void this.seen(presence),
    });
    this.ready = this.keeper.online(this.scope.signal).then(() => {});
    // A caller that does not await `ready` learns of the failure from `state`.
    this.ready.catch(() => {});
    void this.stay();
  }

  /**
   * The state of the session: subscribe to it, iterate over it or read its `value`. Completes when the session is
   * closed.
   */
  get state(): ReadonlyValue<SessionState> {
    return this.stateValue;
  }

  /** The current session id. It changes with every connection. Undefined while there is no connection. */
  get sessionId(): string | undefined {
    return this.keeper.current?.sessionId;
  }

  /** The user's own presence, as last reported by the service. Undefined before the first connection. */
  get presence(): Presence | undefined {
    return this.lastPresence;
  }

  /** The channel that this session holds for the user and joins again after a reconnect. Undefined if there is none. */
  get channelId(): string | undefined {
    return this.choices.channelId;
  }

  /**
   * Moves the user into a channel, and out of the previous one. Returns the presence after the command, like all
   * commands.
   */
  async joinChannel(channelId: string, options?: RequestOptions): Promise<Presence> {
    checkId(channelId, 'channelId');
    return this.command(
      ({ presences }, sessionId, call) => presences.joinChannel({ sessionId, channelId }, call),
      options,
    );
  }

  /** Takes the user out of the channel. If the user is in no channel, this is not an error. */
  async leaveChannel(options?: RequestOptions): Promise<Presence> {
    return this.command(
      ({ presences }, sessionId, call) => presences.leaveChannel({ sessionId }, call),
      options,
    );
  }

  /** Sets the mute state of the microphone, the speaker or both. An absent field stays unchanged. */
  async mute(what: MuteChange, options?: RequestOptions): Promise<Presence> {
    checkObject(what, 'what');
    const { microphone, speaker } = what;
    checkFlag(microphone, 'microphone');
    checkFlag(speaker, 'speaker');
    const isSome = microphone !== undefined || speaker !== undefined;
    check(isSome, 'what', 'must name the microphone or the speaker');
    const change = {
      ...(microphone !== undefined && { isMicrophoneMuted: microphone }),
      ...(speaker !== undefined && { isSpeakerMuted: speaker }),
    };
    return this.command(
      ({ presences }, sessionId, call) => presences.updateMuteState({ sessionId, ...change }, call),
      options,
    );
  }

  /** Sets the status choice of the user on all devices, and the text beside it. */
  async setStatus(
    choice: ChosenStatus,
    details: StatusDetails = {},
    options?: RequestOptions,
  ): Promise<Presence> {
    checkName(choice, 'choice', CHOICES);
    checkObject(details, 'details');
    const { text = '', until } = details;
    checkText(text, 'text');
    checkDate(until, 'until');
    // A copy, because the caller could change the Date while the command waits.
    const status = { choice, text, until: until && new Date(until) };
    return this.command(
      ({ presences }, sessionId, call) =>
        presences.updateStatus(statusRequest(sessionId, status), call),
      options,
    );
  }

  /** Records an activity of the user. Other commands count as activity too. */
  async recordActivity(options?: RequestOptions): Promise<Presence> {
    return this.command(
      ({ sessions }, sessionId, call) =>
        sessions.recordActivity({ target: { case: 'sessionId', value: sessionId } }, call),
      options,
    );
  }

  /** Ends the session. The user is offline at once unless there are other sessions. Can be called again. */
  close(): void {
    this.scope.abort(new PresenceError('closed', 'the session was closed'));
  }

  [dispose](): void {
    this.close();
  }

  private async stay(): Promise<void> {
    const error = await this.keeper.run();
    this.scope.abort(error);
    this.stateValue.set({ status: 'closed', reason: error.code, error });
    this.stateValue.complete();
  }

  private command(
    attempt: (
      services: Services,
      sessionId: string,
      options: CallOptions,
    ) => Promise<{ presence?: PresenceMessage | undefined; choices?: Choices | undefined }>,
    options: RequestOptions = {},
  ): Promise<Presence> {
    checkOptions(options);
    const deadline = this.caller.deadline(this.scope.signal, options.signal);
    const result = this.commands.add(async () => {
      const { presence, choices } = await this.onSession(deadline.signal, attempt);
      this.choices.hear(choices);
      return this.seen(presence);
    });
    return unlessAborted(result, deadline.signal)
      .catch((reason: unknown) => {
        throw errorOf(reason, deadline.signal);
      })
      .finally(() => deadline.close());
  }

  /**
   * Makes a call on the current session. If the service does not know the session any more, waits for the next session.
   */
  private async onSession<T>(
    signal: AbortSignal,
    attempt: (services: Services, sessionId: string, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const stream = await this.keeper.online(signal);
      try {
        return await this.caller.callWithin(signal, (services, options) =>
          attempt(services, stream.sessionId, options),
        );
      } catch (reason) {
        const error = errorOf(reason, signal);
        if (error.code !== 'not-found') throw error;
        await unlessAborted(stream.waitForEnd(), signal);
      }
    }
  }

  private seen(message: PresenceMessage | undefined): Presence {
    this.lastPresence = presenceOf(message);
    return this.lastPresence;
  }
}
