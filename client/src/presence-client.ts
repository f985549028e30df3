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
   * How to reach the service: a transport of `@connectrpc/connect-node` or `@connectrpc/connect-web`. A function makes a
   * new one whenever another place is to be found, so that a new connection is made at once: give one where there are
   * several nodes.
   */
  readonly transport: TransportOption;
  /**
   * The token of the user, a JWT, or a function that returns one. The function is called when a token is needed, and again
   * when the service does not take it any more. When it throws, returns no JWT or takes longer than `timeoutMs`, it is
   * called again after a pause, as if the service were out of reach. To give up, throw a `PresenceError` with the code
   * `unauthenticated`.
   */
  readonly token: TokenOption;
  /** How long a call may take with all its tries, and how long `token` may, in milliseconds. 10000 unless given. */
  readonly timeoutMs?: number;
  /**
   * After how many milliseconds without a sign of life a stream counts as lost. 45000 unless given: three times what
   * the service lets pass unless configured otherwise.
   */
  readonly silenceTimeoutMs?: number;
  /** Closes the client. */
  readonly signal?: AbortSignal;
  /** Where time comes from, for tests. */
  readonly timers?: Timers;
  /** Between 0 and 1, what waits are spread by, for tests. */
  readonly random?: () => number;
}

export interface ListOptions extends RequestOptions {
  /** How many to fetch at once: 100 unless given, at most 1000. */
  readonly pageSize?: number;
}

export interface OnlineOptions extends ListOptions {
  /** Only users with one of these statuses. Absent: all who are not offline. */
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

  /** Brings the user online, until the session is closed. Returns at once; `ready` says when. */
  connect(options: SessionOptions = {}): Session {
    return new Session(this.caller, options);
  }

  /** Watches users, channels or everyone, until the collection is closed. Returns at once; `ready` says when it is complete. */
  watch(options: WatchOptions = {}): PresenceCollection {
    return new PresenceCollection(this.caller, options);
  }

  /** The presence of one user. Who was never seen is offline. */
  async get(userId: string, options?: RequestOptions): Promise<Presence> {
    checkId(userId, 'userId');
    const { presence } = await this.caller.call(
      ({ presences }, call) => presences.getPresence({ userId }, call),
      options,
    );
    return presenceOf(presence);
  }

  /** The presences of up to 1000 users, in the order asked. */
  async getMany(userIds: readonly string[], options?: RequestOptions): Promise<Presence[]> {
    checkList(userIds, 'userIds', 1000, checkId);
    const { presences } = await this.caller.call(
      ({ presences }, call) => presences.batchGetPresences({ userIds: [...userIds] }, call),
      options,
    );
    return presences.map(presenceOf);
  }

  /** Everyone who is not offline, ordered by user id. */
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

  /** Everyone in a channel, ordered by user id. */
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

  /** The live sessions of the caller, oldest first. Those of another user need `presence:admin`. */
  async sessions(userId = '', options?: RequestOptions): Promise<SessionInfo[]> {
    if (userId !== '') checkId(userId, 'userId');
    const { sessions } = await this.caller.call(
      ({ sessions }, call) => sessions.listSessions({ userId }, call),
      options,
    );
    return sessions.map((session) => sessionInfoOf(session));
  }

  /**
   * Ends a session of the caller, or with `presence:admin` of anyone. Its program does not reconnect by itself. Returns
   * whether there was such a live session.
   */
  async endSession(sessionId: string, options?: RequestOptions): Promise<boolean> {
    checkId(sessionId, 'sessionId');
    const { wasLive } = await this.caller.call(
      ({ sessions }, call) => sessions.endSession({ sessionId }, call),
      options,
    );
    return wasLive;
  }

  /** Why a user's status is what it is. Needs `presence:admin`, since it tells what an invisible user hides. */
  async explain(userId: string, options?: RequestOptions): Promise<Explanation> {
    checkId(userId, 'userId');
    return explanationOf(
      await this.caller.call(
        ({ presences }, call) => presences.explainPresence({ userId }, call),
        options,
      ),
    );
  }

  /** Closes every session and collection, and ends every call. May be called again. */
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

/** A client of the presence service. Nothing is sent before something is asked of it. */
export function createPresenceClient(options: PresenceClientOptions): PresenceClient {
  return new PresenceClient(options);
}
