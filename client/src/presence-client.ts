import { checkId, checkList, checkName, checkOptions, checkWholeNumber } from './arguments.js';
import type { Attributes, AttributeTypes } from './attributes.js';
import type { Attempt, CallExecutor, RequestOptions } from './call-executor.js';
import { startClient, type PresenceClientOptions } from './client-options.js';
import { PresenceCollection, type WatchOptions } from './collection.js';
import { countOf, type PresenceCount } from './count.js';
import { CountWatch, MAX_COUNTED_CHANNELS } from './count-watch.js';
import { dispose } from './disposal.js';
import { explanationOf, type Explanation } from './explanation.js';
import type { Presence as PresenceMessage } from './generated/presence/v1/presence_pb.js';
import { Listing } from './listing.js';
import { checkedMute, type MuteChange } from './mute-change.js';
import {
  presenceOf,
  sessionInfoOf,
  STATUS_VALUES,
  type Presence,
  type SessionInfo,
  type Status,
} from './presence.js';
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

export interface ListOptions extends RequestOptions {
  /** The number of users in one page. Default: 100. Maximum: 1000. */
  readonly pageSize?: number;
}

export interface OnlineOptions extends ListOptions {
  /** The statuses of the users to list. Default: all except offline. */
  readonly statuses?: readonly Exclude<Status, 'offline'>[];
}

/** A client of the presence service, for one user. */
export class PresenceClient<A = Attributes> {
  private readonly scope: Scope;
  private readonly caller: CallExecutor;

  /** @private Use `createPresenceClient`. */
  constructor(options: PresenceClientOptions) {
    ({ scope: this.scope, caller: this.caller } = startClient(options));
  }

  /** Brings the user online until the session is closed. Returns at once; `ready` resolves when the user is online. */
  connect(options: SessionOptions<A> = {}): Session<A> {
    return new Session<A>(this.caller, options);
  }

  /**
   * Watches users, channels or all users until the collection is closed. Returns at once; `ready` resolves when it is
   * complete.
   */
  watch(options: WatchOptions = {}): PresenceCollection<A> {
    return new PresenceCollection<A>(this.caller, options);
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

  /** Lists all users who are not offline, ordered by user id. */
  listOnline(options: OnlineOptions = {}): Listing<A> {
    const { statuses = [], pageSize } = checkedList(options);
    checkList(statuses, 'statuses', 100, (status, name) => checkName(status, name, STATUS_VALUES));
    const request = { pageSize, statuses: statuses.map((status) => STATUS_VALUES[status]) };
    return this.list((pageToken) =>
      this.caller.call(
        ({ presences }, call) => presences.listOnlineUsers({ ...request, pageToken }, call),
        options,
      ),
    );
  }

  /** Lists all users in a channel, ordered by user id. */
  listMembers(channelId: string, options: ListOptions = {}): Listing<A> {
    checkId(channelId, 'channelId');
    const { pageSize } = checkedList(options);
    return this.list((pageToken) =>
      this.caller.call(
        ({ presences }, call) =>
          presences.listChannelMembers({ channelId, pageSize, pageToken }, call),
        options,
      ),
    );
  }

  /** Counts the users who are not offline: in each of these channels, in the same order, or everywhere. */
  async count(
    channelIds: readonly string[] = [],
    options?: RequestOptions,
  ): Promise<PresenceCount[]> {
    checkList(channelIds, 'channelIds', MAX_COUNTED_CHANNELS, checkId);
    const { counts } = await this.caller.call(
      ({ presences }, call) => presences.countPresences({ channelIds: [...channelIds] }, call),
      options,
    );
    return counts.map(countOf);
  }

  /** Counts as `count` does, until the counts are closed. They change at most once a second. */
  watchCounts(channelIds: readonly string[] = [], options: RequestOptions = {}): CountWatch {
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

  private list(
    fetch: (pageToken: string) => Promise<{
      readonly presences: PresenceMessage[];
      readonly totalSize: number;
      readonly nextPageToken: string;
    }>,
  ): Listing<A> {
    return new Listing<A>(async (pageToken) => {
      const { presences, totalSize, nextPageToken } = await fetch(pageToken);
      return {
        page: { presences: presences.map((each) => presenceOf<A>(each)), totalSize },
        nextPageToken,
      };
    });
  }
}

function checkedList<T extends ListOptions>(options: T): T & { readonly pageSize: number } {
  checkOptions(options);
  const { pageSize = 0 } = options;
  checkWholeNumber(pageSize, 'pageSize');
  return { ...options, pageSize };
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
