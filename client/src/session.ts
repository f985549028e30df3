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
  /** What the program runs on: "desktop", "mobile", "web" or any short word of lower-case letters, digits and dashes. */
  readonly platform?: string;
  /** The microphone's state, set once when the session begins for the first time. Absent: as it was. */
  readonly microphoneMuted?: boolean;
  /** The speaker's state, set once when the session begins for the first time. Absent: as it was. */
  readonly speakerMuted?: boolean;
  /**
   * Whether the service ends the session when it hears nothing from this program for its heartbeat timeout. For
   * programs behind proxies that hide a lost connection. The heartbeats are sent by themselves.
   */
  readonly requireHeartbeats?: boolean;
  /** Closes the session. */
  readonly signal?: AbortSignal;
}

/** What of the microphone and the speaker is to change. At least one is given. */
export interface MuteChange {
  readonly microphone?: boolean;
  readonly speaker?: boolean;
}

export interface StatusDetails {
  /** Shown beside the status, at most 128 characters. Absent: none. */
  readonly text?: string;
  /** When status and text lapse and the status is automatic again. Absent: they stay until changed. */
  readonly until?: Date;
}

/**
 * One device of one user, who is online for as long as it is open. A connection that is lost comes back by itself, and with
 * it what the service has lost of the user's choices. What was changed on another device since stays changed. Commands take effect in the order they are given; while there is no connection
 * they wait for it, as long as any call may take.
 */
export class Session {
  private readonly stateValue = new ObservableValue<SessionState>({ status: 'connecting' });
  private readonly choices = new KnownChoices();
  private readonly commands = new CommandQueue();
  private readonly scope: Scope;
  private readonly keeper: SessionReconnector;
  private lastPresence: Presence | undefined;
  /** Resolves when the user is online for the first time. Rejects when the session is closed before. */
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
    // Who does not wait for it hears of it from the state.
    this.ready.catch(() => {});
    void this.stay();
  }

  /** Where the session stands: listen, or iterate, or look at its `value`. Completes when it is closed. */
  get state(): ReadonlyValue<SessionState> {
    return this.stateValue;
  }

  /** The present id of the session. Changes with every connection. Undefined while there is none. */
  get sessionId(): string | undefined {
    return this.keeper.current?.sessionId;
  }

  /** The user's own presence, as the service answered last. Undefined before the first connection. */
  get presence(): Presence | undefined {
    return this.lastPresence;
  }

  /** The channel that the user is in by this session, which will join it again after a break. Undefined: none. */
  get channelId(): string | undefined {
    return this.choices.channelId;
  }

  /** Moves the user into a channel, out of the one before. Returns the presence afterwards, as all commands do. */
  async joinChannel(channelId: string, options?: RequestOptions): Promise<Presence> {
    checkId(channelId, 'channelId');
    return this.command(
      ({ presences }, sessionId, call) => presences.joinChannel({ sessionId, channelId }, call),
      options,
    );
  }

  /** Takes the user out of the channel. Being in none is no error. */
  async leaveChannel(options?: RequestOptions): Promise<Presence> {
    return this.command(
      ({ presences }, sessionId, call) => presences.leaveChannel({ sessionId }, call),
      options,
    );
  }

  /** Sets the mute state of the microphone, the speaker or both. What is absent stays. */
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

  /** Chooses how the user's status is decided, on all devices, and the text beside it. */
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
    // A Date can be changed, also while the command waits.
    const status = { choice, text, until: until && new Date(until) };
    return this.command(
      ({ presences }, sessionId, call) =>
        presences.updateStatus(statusRequest(sessionId, status), call),
      options,
    );
  }

  /** Tells that the user did something. Other commands do that, too. */
  async recordActivity(options?: RequestOptions): Promise<Presence> {
    return this.command(
      ({ sessions }, sessionId, call) =>
        sessions.recordActivity({ target: { case: 'sessionId', value: sessionId } }, call),
      options,
    );
  }

  /** Ends the session: the user is offline at once, unless there are others. May be called again. */
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

  /** Makes a call on the session of the moment. One that has gone meanwhile is waited for to come back. */
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
