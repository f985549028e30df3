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

/** Whom to watch: the users named and those who are in one of the channels. With neither, everyone who is not offline. */
export interface WatchOptions {
  /** At most 10000. Who is named is in the collection also when offline. */
  readonly users?: readonly string[];
  /** At most 1000. */
  readonly channels?: readonly string[];
  /**
   * Only these kinds of change, and always who comes, goes and moves. What else changes is seen with the user's next
   * change. Absent: all.
   */
  readonly kinds?: readonly EventKind[];
  /** Closes the collection. */
  readonly signal?: AbortSignal;
}

/** Where a collection stands. */
export type CollectionState =
  /** It has not been complete yet. `error`: why it takes so long. */
  | { readonly status: 'loading'; readonly error?: PresenceError }
  /** It shows how things are. It stays so while its token is renewed. */
  | { readonly status: 'live' }
  /** It shows how things were. `error`: why, unless it is only catching up. */
  | { readonly status: 'stale'; readonly error?: PresenceError }
  /** It will not change any more. `reason` is `closed` when the program did it. */
  | {
      readonly status: 'closed';
      readonly reason: PresenceErrorCode;
      readonly error: PresenceError;
    };

/** How long a collection whose token has expired may take to go on with a new one without counting as stale. */
const RENEWAL_PATIENCE_MS = 2000;

/** The changes of a collection. A slow `for await` is given several changes of a user as one. */
class Changes extends Broadcast<Change> {
  [Symbol.asyncIterator](): AsyncIterableIterator<Change, void, void> {
    return conflated(this, ({ userId }) => userId, mergeChanges);
  }
}

/**
 * A live picture of users, read like a `Map` from user to presence. It is complete or as it was, and never something in
 * between: after a break it catches up on what was missed, or is given a new picture and reports the differences.
 */
export class PresenceCollection {
  private readonly stateValue = new ObservableValue<CollectionState>({ status: 'loading' });
  private readonly changesSource = new Changes();
  private readonly interest: SubscriptionFilter;
  private readonly picture: LocalReplica;
  private readonly scope: Scope;
  private resumeToken = '';
  private isComplete = false;
  /** While its token is renewed: the timer after which the collection counts as stale. */
  private renewal: unknown;
  private copy: ReadonlyMap<string, Presence> | undefined;
  private resolveReady!: () => void;
  private rejectReady!: (error: PresenceError) => void;
  /** Resolves when the collection is complete for the first time. Rejects when it is closed before. */
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
    // Who does not wait for it hears of it from the state.
    this.ready.catch(() => {});
    void this.stay();
  }

  /** Where the collection stands: listen, or iterate, or look at its `value`. Completes when it is closed. */
  get state(): ReadonlyValue<CollectionState> {
    return this.stateValue;
  }

  /** Every change, after the collection shows it. Completes when it is closed. */
  get changes(): Source<Change> {
    return this.changesSource;
  }

  /** Has every change told, from now on. */
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

  /** A copy that stays as it is, and the same one until something changes: what `useSyncExternalStore` asks for. */
  snapshot(): ReadonlyMap<string, Presence> {
    this.copy ??= new Map(this.picture.presences);
    return this.copy;
  }

  /** Stops watching. What has been learned can still be read. May be called again. */
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

  /** One subscription, from where the last one ended. */
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
    // The token is of another service that was here before: this one is to tell everything.
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
    // Until the new picture has taken its place, the old one is resumed from the old token.
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
    // With a new token it goes on where it was, and is behind no longer than any message may be.
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
