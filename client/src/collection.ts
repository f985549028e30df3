import { check, checkId, checkList, checkName, checkOptions } from './arguments.js';
import type { Attributes } from './attributes.js';
import type { CallExecutor } from './call-executor.js';
import {
  KINDS,
  kindsToFollow,
  mergeChanges,
  toUpdate,
  type Change,
  type EventKind,
} from './change.js';
import { dispose } from './disposal.js';
import { Sync } from './generated/presence/v1/events_service_pb.js';
import type { SubscribeResponse } from './generated/presence/v1/events_service_pb.js';
import { LiveState, type CollectionState } from './live-state.js';
import type { End } from './run-with-reconnect.js';
import {
  Broadcast,
  conflated,
  type Observer,
  type Source,
  type Subscription,
} from './observable.js';
import type { ReadonlyValue } from './observable-value.js';
import { LocalReplica, type Predicate } from './local-replica.js';
import { presenceOf, type Presence } from './presence.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { subscribeOnce, type SubscriptionFilter } from './subscription-stream.js';

/**
 * The users to watch: those named, and those in one of the channels or in one of the groups. Without any, all users who
 * are not offline, as far as the token may see them.
 */
export interface WatchOptions {
  /** At most 10000. Named users are in the collection even when offline. */
  readonly users?: readonly string[];
  /** At most 1000. */
  readonly channels?: readonly string[];
  /**
   * At most 1000. The users of these groups are in the collection while they are online. Cannot be combined with
   * `channels`, because a presence does not name the groups of the user: the client cannot know whether a user who has
   * left the channels is still in a group.
   */
  readonly groups?: readonly string[];
  /**
   * The kinds of change to receive. Users who go online, go offline or change their channel are always reported. Other
   * changes become visible with the next reported change of the user. Default: all kinds.
   */
  readonly kinds?: readonly EventKind[];
  /** Closes the collection. */
  readonly signal?: AbortSignal;
}

/** The changes of a collection. A slow `for await` receives several changes of one user merged into one. */
class Changes<A> extends Broadcast<Change<A>> {
  [Symbol.asyncIterator](): AsyncIterableIterator<Change<A>, void, void> {
    return conflated(this, ({ userId }) => userId, mergeChanges);
  }
}

/**
 * A live view of users, read like a `Map` from user id to presence. It always shows a complete state, current or
 * earlier, and never a mixture: after a break it receives the events that it missed, or it receives a new snapshot and
 * reports the differences.
 */
export class PresenceCollection<A = Attributes> {
  private readonly changesSource = new Changes<A>();
  private readonly interest: SubscriptionFilter;
  private readonly picture: LocalReplica<A>;
  private readonly scope: Scope;
  private readonly live: LiveState;
  private resumeToken = '';
  private copy: ReadonlyMap<string, Presence<A>> | undefined;

  /** @private Use `watch` of a client. */
  constructor(
    private readonly caller: CallExecutor,
    options: WatchOptions,
  ) {
    checkOptions(options);
    const { users = [], channels = [], groups = [], kinds = [] } = options;
    checkList(users, 'users', 10_000, checkId);
    checkList(channels, 'channels', 1000, checkId);
    checkList(groups, 'groups', 1000, checkId);
    const isOneKind = channels.length === 0 || groups.length === 0;
    check(
      isOneKind,
      'groups',
      'cannot be combined with channels; watch the groups in a second collection',
    );
    checkList(kinds, 'kinds', 100, (kind, name) => checkName(kind, name, KINDS));
    this.interest = {
      userIds: [...users],
      channelIds: [...channels],
      groupIds: [...groups],
      kinds: kindsToFollow(kinds),
    };
    this.picture = new LocalReplica<A>(belongingTo(options));
    this.scope = new Scope(caller.options.signal, options.signal);
    this.live = new LiveState(caller, this.scope);
    void this.live.run(
      () => this.follow(),
      () => this.changesSource.complete(),
    );
  }

  /** Resolves when the collection is complete for the first time. Rejects if it is closed before. */
  get ready(): Promise<void> {
    return this.live.ready;
  }

  /**
   * The state of the collection: subscribe to it, iterate over it or read its `value`. Completes when the collection is
   * closed.
   */
  get state(): ReadonlyValue<CollectionState> {
    return this.live.value;
  }

  /** Every change, reported after the collection shows it. Completes when the collection is closed. */
  get changes(): Source<Change<A>> {
    return this.changesSource;
  }

  /** Subscribes to all changes from now on. */
  subscribe(observer: Observer<Change<A>> | ((change: Change<A>) => void)): Subscription {
    return this.changesSource.subscribe(observer);
  }

  get size(): number {
    return this.picture.presences.size;
  }

  get(userId: string): Presence<A> | undefined {
    return this.picture.presences.get(userId);
  }

  has(userId: string): boolean {
    return this.picture.presences.has(userId);
  }

  keys(): IterableIterator<string> {
    return this.picture.presences.keys();
  }

  values(): IterableIterator<Presence<A>> {
    return this.picture.presences.values();
  }

  entries(): IterableIterator<[string, Presence<A>]> {
    return this.picture.presences.entries();
  }

  [Symbol.iterator](): IterableIterator<[string, Presence<A>]> {
    return this.entries();
  }

  /** An immutable copy. The same object is returned until something changes, as `useSyncExternalStore` requires. */
  snapshot(): ReadonlyMap<string, Presence<A>> {
    this.copy ??= new Map(this.picture.presences);
    return this.copy;
  }

  /** Stops watching. The known presences stay readable. Can be called again. */
  close(): void {
    this.scope.abort(new PresenceError('closed', 'the collection was closed'));
  }

  [dispose](): void {
    this.close();
  }

  /** Runs one subscription from the position where the last one ended. */
  private async follow(): Promise<End> {
    const { caller, interest, resumeToken, picture } = this;
    const { signal } = this.scope;
    if (resumeToken === '') picture.restart();
    else picture.resume();
    const end = await subscribeOnce(caller, interest, resumeToken, signal, (message) =>
      this.take(message),
    );
    const isTokenRefused = end.error.violations.some(({ field }) => field === 'resume_token');
    if (resumeToken === '' || !isTokenRefused) return end;
    // The resume token is from another service that ran here before, so this service must send everything.
    this.resumeToken = '';
    return { ...end, retryable: true };
  }

  private take({ sync, snapshot, events, resumeToken }: SubscribeResponse): void {
    const { picture } = this;
    if (sync === Sync.RESET) {
      picture.restart();
      this.live.fallBehind();
    }
    for (const message of snapshot) {
      const presence = presenceOf<A>(message);
      picture.apply({ presence, reason: 'snapshot', occurredAt: undefined });
    }
    const changes = events.flatMap((event) => picture.apply(toUpdate<A>(event)) ?? []);
    if (sync === Sync.CURRENT) changes.push(...picture.complete());
    // Until the new snapshot has replaced the old one, a resume continues the old one and needs the old token.
    if (resumeToken !== '' && !picture.isIncomplete) {
      this.resumeToken = resumeToken;
      picture.compact();
    }
    if (changes.length > 0) this.copy = undefined;
    for (const change of changes) this.changesSource.emit(change);
    if (sync === Sync.CURRENT) this.live.catchUp();
  }
}

function belongingTo({ users = [], channels = [], groups = [] }: WatchOptions): Predicate {
  const userIds = new Set(users);
  const channelIds = new Set(channels);
  const isNamed = (userId: string): boolean => userIds.has(userId);
  // The service shows a user who leaves the followed groups as offline.
  if (groups.length > 0) return ({ userId, status }) => isNamed(userId) || status !== 'offline';
  if (userIds.size === 0 && channelIds.size === 0) return ({ status }) => status !== 'offline';
  return (presence) =>
    isNamed(presence.userId) || presence.channelIds.some((id) => channelIds.has(id));
}
