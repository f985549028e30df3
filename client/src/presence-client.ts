import {
  check,
  checkFunction,
  checkId,
  checkList,
  checkName,
  checkObject,
  checkOptions,
  checkTimeout,
  checkWholeNumber,
} from './arguments.js';
import { CallExecutor, type RequestOptions } from './call-executor.js';
import { PresenceCollection, type WatchOptions } from './collection.js';
import { dispose } from './disposal.js';
import { explanationOf, type Explanation } from './explanation.js';
import type { Presence as PresenceMessage } from './generated/presence/v1/presence_pb.js';
import { Listing } from './listing.js';
import {
  presenceOf,
  sessionInfoOf,
  STATUS_VALUES,
  type Presence,
  type SessionInfo,
  type Status,
} from './presence.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { Session, type SessionOptions } from './session.js';
import { systemTimers, type Timers } from './timers.js';
import { isJwt, TokenSource, type TokenOption } from './token-source.js';
import { Transports, type TransportOption } from './transports.js';

export interface PresenceClientOptions {
  /**
   * The transport to the service, from `@connectrpc/connect-node` or `@connectrpc/connect-web`. A function creates a
   * new transport whenever the client should reach another node, so that it opens a new connection at once. Use a
   * function if there are several nodes.
   */
  readonly transport: TransportOption;
  /**
   * The token of the user, a JWT, or a function that returns one. The client calls the function when it needs a token,
   * and again when the service rejects the token. If the function throws, returns no JWT or takes longer than
   * `timeoutMs`, the client calls it again after a pause, as if the service were unreachable. To give up, throw a
   * `PresenceError` with the code `unauthenticated`.
   */
  readonly token: TokenOption;
  /** The timeout of a call with all its attempts, and of the `token` function, in milliseconds. Default: 10000. */
  readonly timeoutMs?: number;
  /**
   * The time in milliseconds without any message after which a stream counts as lost. Default: 45000, three times the
   * longest silence that the server allows in its default configuration.
   */
  readonly silenceTimeoutMs?: number;
  /** Closes the client. */
  readonly signal?: AbortSignal;
  /** The source of time, replaced in tests. */
  readonly timers?: Timers;
  /** Returns a number between 0 and 1 that spreads the delays, replaced in tests. */
  readonly random?: () => number;
}

export interface ListOptions extends RequestOptions {
  /** The number of users in one page. Default: 100. Maximum: 1000. */
  readonly pageSize?: number;
}

export interface OnlineOptions extends ListOptions {
  /** The statuses of the users to list. Default: all except offline. */
  readonly statuses?: readonly Exclude<Status, 'offline'>[];
}

/** A client of the presence service, for one user. */
export class PresenceClient {
  private readonly scope: Scope;
  private readonly caller: CallExecutor;

  /** @private Use `createPresenceClient`. */
  constructor(options: PresenceClientOptions) {
    checkOptions(options);
    const {
      transport,
      token,
      timers = systemTimers,
      random = Math.random,
      timeoutMs = 10_000,
      silenceTimeoutMs = 45_000,
    } = options;
    if (typeof token === 'string') check(isJwt(token.trim()), 'token', 'must be a JWT');
    else checkFunction(token, 'token');
    checkTimeout(timeoutMs, 'timeoutMs');
    checkTimeout(silenceTimeoutMs, 'silenceTimeoutMs');
    checkFunction(random, 'random');
    checkObject(timers, 'timers', 'now', 'setTimeout', 'clearTimeout');
    const transports = new Transports(transport);
    this.scope = new Scope(options.signal);
    this.caller = new CallExecutor({
      transports,
      tokens: new TokenSource(token, { timers, random, timeoutMs }),
      timers,
      random,
      timeoutMs,
      silenceTimeoutMs,
      signal: this.scope.signal,
    });
  }

  /** Brings the user online until the session is closed. Returns at once; `ready` resolves when the user is online. */
  connect(options: SessionOptions = {}): Session {
    return new Session(this.caller, options);
  }

  /**
   * Watches users, channels or all users until the collection is closed. Returns at once; `ready` resolves when it is
   * complete.
   */
  watch(options: WatchOptions = {}): PresenceCollection {
    return new PresenceCollection(this.caller, options);
  }

  /** Returns the presence of one user. A user whom the service has never seen is offline. */
  async get(userId: string, options?: RequestOptions): Promise<Presence> {
    checkId(userId, 'userId');
    const { presence } = await this.caller.call(
      ({ presences }, call) => presences.getPresence({ userId }, call),
      options,
    );
    return presenceOf(presence);
  }

  /** Returns the presences of up to 1000 users, in the order of `userIds`. */
  async getMany(userIds: readonly string[], options?: RequestOptions): Promise<Presence[]> {
    checkList(userIds, 'userIds', 1000, checkId);
    const { presences } = await this.caller.call(
      ({ presences }, call) => presences.batchGetPresences({ userIds: [...userIds] }, call),
      options,
    );
    return presences.map(presenceOf);
  }

  /** Lists all users who are not offline, ordered by user id. */
  listOnline(options: OnlineOptions = {}): Listing {
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
  listMembers(channelId: string, options: ListOptions = {}): Listing {
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

  /** Returns the live sessions of the caller, oldest first. The sessions of another user need `presence:admin`. */
  async sessions(userId = '', options?: RequestOptions): Promise<SessionInfo[]> {
    if (userId !== '') checkId(userId, 'userId');
    const { sessions } = await this.caller.call(
      ({ sessions }, call) => sessions.listSessions({ userId }, call),
      options,
    );
    return sessions.map((session) => sessionInfoOf(session));
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
  async explain(userId: string, options?: RequestOptions): Promise<Explanation> {
    checkId(userId, 'userId');
    return explanationOf(
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

  private list(
    fetch: (pageToken: string) => Promise<{
      readonly presences: PresenceMessage[];
      readonly totalSize: number;
      readonly nextPageToken: string;
    }>,
  ): Listing {
    return new Listing(async (pageToken) => {
      const { presences, totalSize, nextPageToken } = await fetch(pageToken);
      return { page: { presences: presences.map(presenceOf), totalSize }, nextPageToken };
    });
  }
}

function checkedList<T extends ListOptions>(options: T): T & { readonly pageSize: number } {
  checkOptions(options);
  const { pageSize = 0 } = options;
  checkWholeNumber(pageSize, 'pageSize');
  return { ...options, pageSize };
}

/** Creates a client of the presence service. It sends nothing until a method is called. */
export function createPresenceClient(options: PresenceClientOptions): PresenceClient {
  return new PresenceClient(options);
}
