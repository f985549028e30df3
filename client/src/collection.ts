import { checkId, checkList, checkName, checkOptions } from './arguments.js';
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
import { runWithReconnect, type End } from './run-with-reconnect.js';
import {
  Broadcast,
  conflated,
  type Observer,
  type Source,
  type Subscription,
} from './observable.js';
import { ObservableValue, type ReadonlyValue } from './observable-value.js';
import { LocalReplica, type Predicate } from './local-replica.js';
import { presenceOf, type Presence } from './presence.js';
import { PresenceError, type PresenceErrorCode } from './presence-error.js';
import { Scope } from './scope.js';
import { subscribeOnce, type SubscriptionFilter } from './subscription-stream.js';

/** The users to watch: those named, and those in one of the channels. Without either, all users who are not offline. */
export interface WatchOptions {
  /** At most 10000. Named users are in the collection even when offline. */
  readonly users?: readonly string[];
  /** At most 1000. */
  readonly channels?: readonly string[];
  /**
   * The kinds of change to receive. Users who go online, go offline or change their channel are always reported. Other
   * changes become visible with the next reported change of the user. Default: all kinds.
   */
  readonly kinds?: readonly EventKind[];
  /** Closes the collection. */
  readonly signal?: AbortSignal;
}

/** The state of a collection. */
export type CollectionState =
  /** The collection has not been complete yet. `error` is the cause of the delay. */
  | { readonly status: 'loading'; readonly error?: PresenceError }
  /** The collection is up to date. The state stays `live` while the token is renewed. */
  | { readonly status: 'live' }
  /** The collection shows an earlier state. `error` is the cause; it is absent while the collection only catches up. */
  | { readonly status: 'stale'; readonly error?: PresenceError }
  /** The collection does not change any more. `reason` is `closed` if the program closed it. */
  | {
      readonly status: 'closed';
      readonly reason: PresenceErrorCode;
      readonly error: PresenceError;
    };

/** How long a collection whose token has expired may take to resume with a new token before it counts as stale. */
const RENEWAL_PATIENCE_MS = 2000;

/** The changes of a collection. A slow `for await` receives several changes of one user merged into one. */
class Changes extends Broadcast<Change> {
  [Symbol.asyncIterator](): AsyncIterableIterator<Change, void, void> {
    return conflated(this, ({ userId }) => userId, mergeChanges);
  }
}

/**
 * A live view of users, read like a `Map` from user id to presence. It always shows a complete state, current or
 * earlier, and never a mixture: after a break it receives the events that it missed, or it receives a new snapshot and
 * reports the differences.
 */
export class PresenceCollection {
  private readonly stateValue = new ObservableValue<CollectionState>({ status: 'loading' });
  private readonly changesSource = new Changes();
  private readonly interest: SubscriptionFilter;
  private readonly picture: LocalReplica;
  private readonly scope: Scope;
  private resumeToken = '';
  private isComplete = false;
  /** The timer after which the collection counts as stale, set while its token is renewed. */
  private renewal: unknown;
  private copy: ReadonlyMap<string, Presence> | undefined;
  private resolveReady!: () => void;
  private rejectReady!: (error: PresenceError) => void;
  /** Resolves when the collection is complete for the first time. Rejects if it is closed before. */
  readonly ready: Promise<void>;

  /** @private Use `watch` of a client. */
  constructor(
    private readonly caller: CallExecutor,
    options: WatchOptions,
  ) {
    checkOptions(options);
    const { users = [], channels = [], kinds = [] } = options;
    checkList(users, 'users', 10_000, checkId);
    checkList(channels, 'channels', 1000, checkId);
    checkList(kinds, 'kinds', 100, (kind, name) => checkName(kind, name, KINDS));
    this.interest = {
      userIds: [...users],
      channelIds: [...channels],
      kinds: kindsToFollow(kinds),
    };
    this.picture = new LocalReplica(belongingTo(options));
    this.scope = new Scope(caller.options.signal, options.signal);
    this.ready = new Promise((resolve, reject) => {
      this.resolveReady = resolve;
      this.rejectReady = reject;
    });
    // A caller that does not await `ready` learns of the failure from `state`.
    this.ready.catch(() => {});
    void this.stay();
  }

  /**
   * The state of the collection: subscribe to it, iterate over it or read its `value`. Completes when the collection is
   * closed.
   */
  get state(): ReadonlyValue<CollectionState> {
    return this.stateValue;
  }

  /** Every change, reported after the collection shows it. Completes when the collection is closed. */
  get changes(): Source<Change> {
    return this.changesSource;
  }

  /** Subscribes to all changes from now on. */
  subscribe(observer: Observer<Change> | ((change: Change) => void)): Subscription {
    return this.changesSource.subscribe(observer);
  }

  get size(): number {
    return this.picture.presences.size;
  }

  get(userId: string): Presence | undefined {
    return this.picture.presences.get(userId);
  }

  has(userId: string): boolean {
    return this.picture.presences.has(userId);
  }

  keys(): IterableIterator<string> {
    return this.picture.presences.keys();
  }

  values(): IterableIterator<Presence> {
    return this.picture.presences.values();
  }

  entries(): IterableIterator<[string, Presence]> {
    return this.picture.presences.entries();
  }

  [Symbol.iterator](): IterableIterator<[string, Presence]> {
    return this.entries();
  }

  /** An immutable copy. The same object is returned until something changes, as `useSyncExternalStore` requires. */
  snapshot(): ReadonlyMap<string, Presence> {
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

  private async stay(): Promise<void> {
    const { signal } = this.scope;
    const error = await runWithReconnect(
      this.caller,
      signal,
      () => this.follow(),
      (error) => this.lose(error),
    );
    this.endRenewal();
    this.scope.abort(error);
    this.rejectReady(error);
    this.changesSource.complete();
    this.stateValue.set({ status: 'closed', reason: error.code, error });
    this.stateValue.complete();
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
      this.fallBehind();
    }
    for (const message of snapshot) {
      picture.apply({ presence: presenceOf(message), reason: 'snapshot', occurredAt: undefined });
    }
    const changes = events.flatMap((event) => picture.apply(toUpdate(event)) ?? []);
    if (sync === Sync.CURRENT) changes.push(...picture.complete());
    // Until the new snapshot has replaced the old one, a resume continues the old one and needs the old token.
    if (resumeToken !== '' && !picture.isIncomplete) {
      this.resumeToken = resumeToken;
      picture.compact();
    }
    if (changes.length > 0) this.copy = undefined;
    for (const change of changes) this.changesSource.emit(change);
    if (sync === Sync.CURRENT) this.catchUp();
  }

  private lose(error: PresenceError): void {
    const isTokenOver = error.code === 'unauthenticated';
    if (!isTokenOver || this.stateValue.value.status !== 'live') return this.fallBehind(error);
    // With a new token the subscription resumes where it was, and the delay stays within what any message may take.
    const { timers } = this.caller.options;
    this.renewal ??= timers.setTimeout(() => this.fallBehind(error), RENEWAL_PATIENCE_MS);
  }

  private endRenewal(): void {
    this.caller.options.timers.clearTimeout(this.renewal);
    this.renewal = undefined;
  }

  private catchUp(): void {
    this.endRenewal();
    if (this.stateValue.value.status !== 'live') this.stateValue.set({ status: 'live' });
    this.isComplete = true;
    this.resolveReady();
  }

  private fallBehind(error?: PresenceError): void {
    this.endRenewal();
    const status = this.isComplete ? 'stale' : 'loading';
    this.stateValue.set({ status, ...(error && { error }) });
  }
}

function belongingTo({ users = [], channels = [] }: WatchOptions): Predicate {
  const userIds = new Set(users);
  const channelIds = new Set(channels);
  if (userIds.size === 0 && channelIds.size === 0) return ({ status }) => status !== 'offline';
  return ({ userId, channelId }) =>
    userIds.has(userId) || (channelId !== undefined && channelIds.has(channelId));
}
