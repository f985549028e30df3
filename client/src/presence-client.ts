import {
  hiddenFrom,
  revokeTokens,
  setHiddenFrom,
  type HidingOptions,
  type RevocationOptions,
} from './access.js';
import { checkId, checkList } from './arguments.js';
import type { Attributes, AttributeTypes } from './attributes.js';
import type { Attempt, CallExecutor, RequestOptions } from './call-executor.js';
import { startClient, type PresenceClientOptions } from './client-options.js';
import { PresenceCollection } from './collection.js';
import { countPresences, type CountOptions, type PresenceCount } from './count.js';
import type { ConsumeOptions } from './consume-options.js';
import { Consumer } from './consumer.js';
import { CountWatch } from './count-watch.js';
import { dispose } from './disposal.js';
import { explanationOf, type Explanation } from './explanation.js';
import type { Presence as PresenceMessage } from './generated/presence/v1/presence_pb.js';
import {
  listMembers,
  listOnline,
  type Listing,
  type ListOptions,
  type OnlineOptions,
} from './listing.js';
import { checkedMute, type MuteChange } from './mute-change.js';
import { presenceOf, sessionInfoOf, type Presence, type SessionInfo } from './presence.js';
import { PresenceError } from './presence-error.js';
import type { Scope } from './scope.js';
import { Session } from './session.js';
import type { SessionOptions } from './session-options.js';
import {
  checkedStatus,
  statusRequest,
  type ChosenStatus,
  type StatusDetails,
} from './status-choice.js';
import type { WatchOptions } from './watch-options.js';

/** A client of the presence service, for one user. */
export class PresenceClient<A = Attributes> {
  private readonly scope: Scope;
  private readonly caller: CallExecutor;

  /** For subclasses. Other programs call `createPresenceClient`, which checks the type of the attributes. */
  constructor(options: PresenceClientOptions) {
    ({ scope: this.scope, caller: this.caller } = startClient(options));
  }

  /** Brings the user online until the session is closed. Returns at once; `ready` resolves when the user is online. */
  connect(options: SessionOptions<A> = {}): Session<A> {
    return new Session<A>(this.caller, options);
  }

  /**
   * Watches users, channels, groups or all users until the collection is closed. Returns at once; `ready` resolves when it
   * is complete. If the token may not watch a channel or a group, the collection is closed with `CHANNEL_NOT_GRANTED` or
   * `GROUP_NOT_GRANTED`.
   */
  watch(options: WatchOptions = {}): PresenceCollection<A> {
    return new PresenceCollection<A>(this.caller, options);
  }

  /**
   * Hands events over to a backend, at least once and in order, until the consumer is stopped. It keeps its position
   * where the program stores it, and goes on there after a restart.
   */
  consume(options: ConsumeOptions<A>): Consumer<A> {
    return new Consumer<A>(this.caller, options);
  }

  /** Returns the presence of one user. A user whom the service has never seen is offline. */
  async get(userId: string, options?: RequestOptions): Promise<Presence<A>> {
    checkId(userId, 'userId');
    const { presence } = await this.caller.call(
      ({ presences }, call) => presences.getPresence({ userId }, call),
      options,
    );
    return presenceOf<A>(presence);
  }

  /** Returns the presences of up to 1000 users, in the order of `userIds`. */
  async getMany(userIds: readonly string[], options?: RequestOptions): Promise<Presence<A>[]> {
    checkList(userIds, 'userIds', 1000, checkId);
    const { presences } = await this.caller.call(
      ({ presences }, call) => presences.batchGetPresences({ userIds: [...userIds] }, call),
      options,
    );
    return presences.map((presence) => presenceOf<A>(presence));
  }

  /** Lists all users who are not offline, or those of a group, ordered by user id. */
  listOnline(options: OnlineOptions = {}): Listing<A> {
    return listOnline<A>(this.caller, options);
  }

  /**
   * Lists all users in a channel, ordered by user id. Fails with `CHANNEL_NOT_GRANTED` if the token may not watch the
   * channel.
   */
  listMembers(channelId: string, options: ListOptions = {}): Listing<A> {
    return listMembers<A>(this.caller, channelId, options);
  }

  /**
   * Counts the users who are not offline: in each of these channels, then in each of the groups of the options, in the
   * same order. Without both: all users whom the token may see. Fails with `CHANNEL_NOT_GRANTED` or `GROUP_NOT_GRANTED`
   * if the token may not count one of them.
   */
  count(channelIds: readonly string[] = [], options: CountOptions = {}): Promise<PresenceCount[]> {
    return countPresences(this.caller, channelIds, options);
  }

  /** Counts as `count` does, until the counts are closed. They change at most once a second. */
  watchCounts(channelIds: readonly string[] = [], options: CountOptions = {}): CountWatch {
    return new CountWatch(this.caller, channelIds, options);
  }

  /**
   * Mutes or unmutes a user as a moderator, independently of the user's own mute state. Needs `presence:admin`, or a
   * token that grants `moderate` for a channel of the user.
   */
  async muteUser(userId: string, what: MuteChange, options?: RequestOptions): Promise<Presence<A>> {
    checkId(userId, 'userId');
    const request = { userId, ...checkedMute(what) };
    return this.presenceAfter(
      ({ moderation }, call) => moderation.muteUser(request, call),
      options,
    );
  }

  /**
   * Moves a user into another channel, on the sessions that have joined the old one. Needs `presence:admin`, or a token
   * that grants `moderate` for both channels.
   */
  async moveUser(
    userId: string,
    fromChannelId: string,
    toChannelId: string,
    options?: RequestOptions,
  ): Promise<Presence<A>> {
    checkId(userId, 'userId');
    checkId(fromChannelId, 'fromChannelId');
    checkId(toChannelId, 'toChannelId');
    const request = { userId, fromChannelId, toChannelId };
    return this.presenceAfter(
      ({ moderation }, call) => moderation.moveUser(request, call),
      options,
    );
  }

  /**
   * Removes a user from a channel, on every session. The user may join again. Needs `presence:admin`, or a token that
   * grants `moderate` for the channel.
   */
  async removeUser(
    userId: string,
    channelId: string,
    options?: RequestOptions,
  ): Promise<Presence<A>> {
    checkId(userId, 'userId');
    checkId(channelId, 'channelId');
    return this.presenceAfter(
      ({ moderation }, call) => moderation.removeUser({ userId, channelId }, call),
      options,
    );
  }

  /**
   * Sets the status choice of a user for a backend such as a calendar, also while the user is not connected. Needs
   * `presence:admin`.
   */
  async setStatusOf(
    userId: string,
    choice: ChosenStatus,
    details: StatusDetails = {},
    options?: RequestOptions,
  ): Promise<Presence<A>> {
    checkId(userId, 'userId');
    const request = { userId, ...statusRequest(checkedStatus(choice, details)) };
    return this.presenceAfter(
      ({ presences }, call) => presences.updateStatus(request, call),
      options,
    );
  }

  /** Returns the live sessions of the caller, oldest first. The sessions of another user need `presence:admin`. */
  async sessions(userId = '', options?: RequestOptions): Promise<SessionInfo<A>[]> {
    if (userId !== '') checkId(userId, 'userId');
    const { sessions } = await this.caller.call(
      ({ sessions }, call) => sessions.listSessions({ userId }, call),
      options,
    );
    return sessions.map((session) => sessionInfoOf<A>(session));
  }

  /**
   * Ends a session of the caller, or with `presence:admin` a session of any user. The client of that session does not
   * reconnect by itself. Returns whether the session was live.
   */
  async endSession(sessionId: string, options?: RequestOptions): Promise<boolean> {
    checkId(sessionId, 'sessionId');
    const { wasLive } = await this.caller.call(
      ({ sessions }, call) => sessions.endSession({ sessionId }, call),
      options,
    );
    return wasLive;
  }

  /**
   * Sets the list of users who see this user as offline from now on, at most 1000. It replaces the list that was set
   * before, and may be empty. Users cannot find out that they are on a list. It needs no session, and remains after the
   * user goes offline.
   */
  setHiddenFrom(userIds: readonly string[], options: HidingOptions = {}): Promise<void> {
    return setHiddenFrom(this.caller, userIds, options);
  }

  /** Returns the list that `setHiddenFrom` set, sorted. */
  hiddenFrom(options: HidingOptions = {}): Promise<string[]> {
    return hiddenFrom(this.caller, options);
  }

  /**
   * Refuses every token of a user that was issued before a moment, and ends the sessions and subscriptions of these tokens
   * at once. Returns the number of sessions that ended. Needs `presence:admin`.
   */
  revokeTokens(userId: string, options: RevocationOptions = {}): Promise<number> {
    return revokeTokens(this.caller, userId, options);
  }

  /** Explains the status of a user. Needs `presence:admin`, because it reveals what an invisible user hides. */
  async explain(userId: string, options?: RequestOptions): Promise<Explanation<A>> {
    checkId(userId, 'userId');
    return explanationOf<A>(
      await this.caller.call(
        ({ presences }, call) => presences.explainPresence({ userId }, call),
        options,
      ),
    );
  }

  /**
   * Requests a new token, and moves all sessions and collections to it. Call it when the rights of the user have changed:
   * a session or a collection has the rights of the token with which it began. The user stays online, and collections
   * resume. A fixed `token` cannot be renewed.
   */
  renewToken(): void {
    this.caller.options.tokens.renew();
  }

  /** Closes all sessions and collections, and ends all calls. Can be called again. */
  close(): void {
    this.scope.abort(new PresenceError('closed', 'the client was closed'));
  }

  [dispose](): void {
    this.close();
  }

  private async presenceAfter(
    attempt: Attempt<{ readonly presence?: PresenceMessage | undefined }>,
    options: RequestOptions | undefined,
  ): Promise<Presence<A>> {
    const { presence } = await this.caller.call(attempt, options);
    return presenceOf<A>(presence);
  }
}

/**
 * Creates a client of the presence service. It sends nothing until a method is called. `A` is the type of the attributes
 * that the applications of the users set, such as `{ doc?: string; typing?: string }`. The client does not check that the
 * attributes of others have this type.
 */
export function createPresenceClient<A extends AttributeTypes<A> = Attributes>(
  options: PresenceClientOptions,
): PresenceClient<A> {
  return new PresenceClient<A>(options);
}
