import type { CallOptions } from '@connectrpc/connect';
import { unlessAborted } from './abort.js';
import { check, checkFlag, checkId, checkOptions } from './arguments.js';
import {
  checkedUpdate,
  updateRequest,
  type AttributeChanges,
  type AttributeOptions,
  type Attributes,
} from './attributes.js';
import { errorOf, type CallExecutor, type RequestOptions } from './call-executor.js';
import { CommandQueue } from './command-queue.js';
import { DeniedChannels, type DeniedChannel } from './denied-channel.js';
import { dispose } from './disposal.js';
import type { Presence as PresenceMessage } from './generated/presence/v1/presence_pb.js';
import type { Choices } from './generated/presence/v1/presence_service_pb.js';
import { KnownChoices } from './known-choices.js';
import { checkedMute, muteFields, type MuteChange } from './mute-change.js';
import type { Source } from './observable.js';
import { ObservableValue, type ReadonlyValue } from './observable-value.js';
import { OwnAttributes } from './own-attributes.js';
import { presenceOf, type Presence } from './presence.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { SessionReconnector } from './session-reconnector.js';
import type { JoinOptions, SessionOptions } from './session-options.js';
import type { SessionState } from './session-state.js';
import type { Services } from './transports.js';
import {
  checkedStatus,
  statusRequest,
  type ChosenStatus,
  type StatusDetails,
} from './status-choice.js';

/**
 * One device of one user. The user is online while the session is open. A lost connection is opened again
 * automatically, and the session then restores choices of the user that the service has lost. Changes made on another
 * device meanwhile are kept. Commands take effect in call order. Without a connection they wait for one, up to the
 * timeout of a call.
 */
export class Session<A = Attributes> {
  private readonly stateValue = new ObservableValue<SessionState>({ status: 'connecting' });
  private readonly denied = new DeniedChannels();
  private readonly choices = new KnownChoices();
  private readonly commands = new CommandQueue();
  private readonly scope: Scope;
  private readonly keeper: SessionReconnector;
  private readonly ownAttributes: OwnAttributes;
  private lastPresence: Presence<A> | undefined;
  /** Resolves when the user is online for the first time. Rejects if the session is closed before. */
  readonly ready: Promise<void>;

  /** @private Use `connect` of a client. */
  constructor(
    private readonly caller: CallExecutor,
    options: SessionOptions<A>,
  ) {
    checkOptions(options);
    const { platform = '', requireHeartbeats = false, microphoneMuted, speakerMuted } = options;
    const { attributes = {} } = options;
    const isPlatform = typeof platform === 'string' && /^[a-z0-9-]{0,32}$/.test(platform);
    check(isPlatform, 'platform', 'must be at most 32 lower-case letters, digits and dashes');
    checkFlag(microphoneMuted, 'microphoneMuted');
    checkFlag(speakerMuted, 'speakerMuted');
    checkFlag(requireHeartbeats, 'requireHeartbeats');
    const { set } = checkedUpdate(attributes, {}, 'attributes');
    this.ownAttributes = new OwnAttributes(caller.options.timers, set);
    this.scope = new Scope(caller.options.signal, options.signal);
    this.keeper = new SessionReconnector(caller, {
      request: { platform, requireHeartbeats },
      initialMute: muteFields(microphoneMuted, speakerMuted),
      choices: this.choices,
      attributes: this.ownAttributes,
      commands: this.commands,
      signal: this.scope.signal,
      onState: (state) => this.stateValue.set(state),
      onPresence: (presence) => void this.seen(presence),
      onDenied: (channelId) => this.denied.report(channelId),
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
  get presence(): Presence<A> | undefined {
    return this.lastPresence;
  }

  /**
   * The channels that this session holds for the user and joins again after a reconnect, in the order in which they were
   * joined.
   */
  get channelIds(): readonly string[] {
    return this.choices.channelIds;
  }

  /** The last of `channelIds`. Undefined if there is none. */
  get channelId(): string | undefined {
    return this.channelIds.at(-1);
  }

  /**
   * Every channel that the session had joined and could not join again after a reconnect, because its new token does not
   * grant the channel. The session then no longer holds the channel, and does not join it by itself with a later token.
   * Not reported if the user joined or left channels on another device meanwhile. Completes when the session is closed.
   */
  get deniedChannels(): Source<DeniedChannel> {
    return this.denied;
  }

  /** Adds the user to a channel. Returns the presence after the command, like all commands. */
  async joinChannel(channelId: string, options: JoinOptions = {}): Promise<Presence<A>> {
    checkId(channelId, 'channelId');
    checkOptions(options);
    const { keepOthers = false } = options;
    checkFlag(keepOthers, 'keepOthers');
    return this.command(
      ({ presences }, sessionId, call) =>
        presences.joinChannel({ sessionId, channelId, keepOthers }, call),
      options,
    );
  }

  /**
   * Removes the user from a channel, whichever device joined it. Without a channel: from all channels. If the user is not
   * in the channel, this is not an error.
   */
  async leaveChannel(channelId?: string, options?: RequestOptions): Promise<Presence<A>> {
    if (channelId !== undefined) checkId(channelId, 'channelId');
    const request = { channelId: channelId ?? '' };
    return this.command(
      ({ presences }, sessionId, call) => presences.leaveChannel({ sessionId, ...request }, call),
      options,
    );
  }

  /**
   * Sets the attributes that are given and removes those that are given as undefined. They end with the session, or after
   * `expiresInMs`.
   */
  async setAttributes(
    changes: AttributeChanges<A>,
    options: AttributeOptions = {},
  ): Promise<Presence<A>> {
    checkOptions(options);
    const update = checkedUpdate(changes, options);
    const { passive = false } = options;
    const { timers } = this.caller.options;
    return this.command(async ({ presences }, sessionId, call) => {
      const sentAt = timers.now();
      const answer = await presences.updateAttributes(
        updateRequest(sessionId, update, passive),
        call,
      );
      this.ownAttributes.apply(update, sentAt);
      return answer;
    }, options);
  }

  /** Sets the mute state of the microphone, the speaker or both. An absent field stays unchanged. */
  async mute(what: MuteChange, options?: RequestOptions): Promise<Presence<A>> {
    const change = checkedMute(what);
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
  ): Promise<Presence<A>> {
    const request = statusRequest(checkedStatus(choice, details));
    return this.command(
      ({ presences }, sessionId, call) => presences.updateStatus({ sessionId, ...request }, call),
      options,
    );
  }

  /** Records an activity of the user. Other commands count as activity too. */
  async recordActivity(options?: RequestOptions): Promise<Presence<A>> {
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
    this.denied.complete();
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
  ): Promise<Presence<A>> {
    checkOptions(options);
    const deadline = this.caller.deadline(this.scope.signal, options.signal);
    const result = this.commands.add(async () => {
      const { presence, choices } = await this.onSession(deadline.signal, attempt);
      this.choices.apply(choices);
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

  private seen(message: PresenceMessage | undefined): Presence<A> {
    this.lastPresence = presenceOf<A>(message);
    return this.lastPresence;
  }
}
