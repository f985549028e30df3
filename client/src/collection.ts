import { onAbort, unlessAborted } from './abort.js';
import type { Attributes } from './attributes.js';
import { errorOf, type CallExecutor } from './call-executor.js';
import { mergeChanges, toUpdate, type Change } from './change.js';
import { dispose } from './disposal.js';
import { Sync } from './generated/presence/v1/events_service_pb.js';
import type { SubscribeResponse } from './generated/presence/v1/events_service_pb.js';
import { Interest } from './interest.js';
import { LiveState, type CollectionState } from './live-state.js';
import { MovingStream } from './moving-stream.js';
import type { End } from './run-with-reconnect.js';
import {
  Broadcast,
  conflated,
  type Observer,
  type Source,
  type Subscription,
} from './observable.js';
import type { ReadonlyValue } from './observable-value.js';
import { FOUND, LocalReplica } from './local-replica.js';
import { presenceOf, type Presence } from './presence.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { subscribeOnce } from './subscription-stream.js';
import { checkUsers, checkWatchOptions, type WatchOptions } from './watch-options.js';

/** The maximum number of users in one call that reads presences. */
const USERS_PER_READ = 1000;

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
  private readonly interest: Interest;
  private readonly picture: LocalReplica<A>;
  private readonly scope: Scope;
  private readonly live: LiveState;
  private readonly stream: MovingStream;
  private resumeToken = '';
  /** The version of the users that the current stream follows. */
  private followed = 0;
  /** Whether the current stream sends a snapshot. Otherwise it continues an earlier stream. */
  private hasSnapshot = false;
  /** Whether the current stream, and the call that reads added users, have sent everything up to now. */
  private isCurrent = false;
  private isReading = false;
  private copy: ReadonlyMap<string, Presence<A>> | undefined;

  /** @private Use `watch` of a client. */
  constructor(
    private readonly caller: CallExecutor,
    options: WatchOptions,
  ) {
    checkWatchOptions(options);
    this.interest = new Interest(options);
    this.picture = new LocalReplica<A>((presence) => this.interest.includes(presence));
    this.scope = new Scope(caller.options.signal, options.signal);
    this.live = new LiveState(caller, this.scope);
    this.stream = new MovingStream(
      caller.options.timers,
      () => this.canContinue,
      () => this.live.expectDelay(),
    );
    void this.live.run(
      () => this.stream.run(this.scope.signal, (scope) => this.follow(scope)),
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

  /**
   * Adds users to the collection, up to 10000. The other users stay as they are, and no change of them is missed. Resolves
   * when the collection has the presences of the added users. Rejects if it is closed before.
   */
  add(...userIds: readonly string[]): Promise<void> {
    const { signal } = this.scope;
    try {
      checkUsers(userIds, 'userIds');
      for (const userId of this.interest.add(userIds)) this.picture.forget(userId);
    } catch (reason) {
      return Promise.reject(errorOf(reason, signal));
    }
    const done = unlessAborted(this.interest.read(userIds), signal).catch((reason: unknown) => {
      throw errorOf(reason, signal);
    });
    // A caller that does not await it learns of the failure from `state`.
    done.catch(() => {});
    this.stream.request();
    return done;
  }

  /**
   * Removes users that were named. Each is reported with the reason `removed`, unless the user stays because of a channel
   * or a group.
   */
  remove(...userIds: readonly string[]): void {
    checkUsers(userIds, 'userIds');
    const changes = this.interest
      .remove(userIds)
      .flatMap((userId) => this.picture.reconsider(userId) ?? []);
    this.report(changes);
    this.stream.request();
  }

  /** Stops watching. The known presences stay readable. Can be called again. */
  close(): void {
    this.scope.abort(new PresenceError('closed', 'the collection was closed'));
  }

  [dispose](): void {
    this.close();
  }

  /** Whether another stream can continue where the current one is. Without users there is nothing to continue. */
  private get canContinue(): boolean {
    if (this.interest.isNobody) return true;
    return this.isCurrent && !this.isReading && (this.resumeToken !== '' || this.size === 0);
  }

  /** Runs one subscription from the position where the last one ended. */
  private async follow(scope: Scope): Promise<End> {
    const { caller, interest, resumeToken, picture } = this;
    this.isCurrent = false;
    this.followed = interest.version;
    this.hasSnapshot = resumeToken === '';
    if (interest.isNobody) return this.rest(scope.signal);
    if (this.hasSnapshot) picture.restart();
    else picture.resume();
    const stream = subscribeOnce(caller, interest.filter, resumeToken, scope.signal, (message) =>
      this.take(message),
    );
    const reading = this.hasSnapshot ? undefined : this.readAdded(scope);
    const end = await stream;
    scope.abort(end.error);
    await reading;
    this.isCurrent = false;
    const isTokenRejected = end.error.violations.some(({ field }) => field === 'resume_token');
    if (resumeToken === '' || !isTokenRejected) return end;
    // The resume token is from another service that ran here before, so this service must send everything.
    this.resumeToken = '';
    return { ...end, retryable: true };
  }

  /** Waits without a stream, because the service understands a filter without entries as all users. */
  private async rest(signal: AbortSignal): Promise<End> {
    this.resumeToken = '';
    this.picture.restart();
    this.report(this.picture.complete());
    this.isCurrent = true;
    this.live.catchUp();
    this.stream.attempt();
    await new Promise<void>((resolve) => onAbort(signal, resolve));
    return { error: errorOf(undefined, signal), uptimeMs: 0, retryable: false };
  }

  /**
   * Reads the presences of added users while a stream continues with them. The service reads not before the position of
   * the stream, and the stream has all later changes, so no change is missed.
   */
  private async readAdded(scope: Scope): Promise<void> {
    const { caller, followed, interest, picture } = this;
    const unread = interest.unreadUserIds;
    this.isReading = unread.length > 0;
    try {
      for (let i = 0; i < unread.length; i += USERS_PER_READ) {
        const userIds = unread.slice(i, i + USERS_PER_READ);
        const { presences } = await caller.call(
          ({ presences }, call) => presences.batchGetPresences({ userIds }, call),
          { signal: scope.signal },
        );
        const changes = presences
          .map((message) => presenceOf<A>(message))
          .filter(({ userId }) => interest.isUnread(userId, followed))
          .flatMap((presence) => picture.apply({ presence, ...FOUND }) ?? []);
        this.report(changes);
        interest.markRead(followed, userIds);
      }
    } catch (reason) {
      // The stream ends too, and the next one reads the users again.
      scope.abort(errorOf(reason, scope.signal));
    } finally {
      this.isReading = false;
      this.stream.attempt();
    }
  }

  private take({ sync, snapshot, events, resumeToken }: SubscribeResponse): void {
    const { picture } = this;
    if (sync === Sync.RESET) {
      this.hasSnapshot = true;
      this.isCurrent = false;
      picture.restart();
      this.live.fallBehind();
    }
    for (const message of snapshot) {
      const presence = presenceOf<A>(message);
      picture.apply({ presence, ...FOUND });
    }
    const changes = events.flatMap((event) => picture.apply(toUpdate<A>(event)) ?? []);
    if (sync === Sync.CURRENT) changes.push(...picture.complete());
    // Until the new snapshot has replaced the old one, a resume continues the old one and needs the old token.
    if (resumeToken !== '' && !picture.isIncomplete) {
      this.resumeToken = resumeToken;
      picture.compact();
    }
    this.report(changes);
    if (sync === Sync.CURRENT) {
      this.isCurrent = true;
      if (this.hasSnapshot) this.interest.markRead(this.followed);
      this.live.catchUp();
    }
    this.stream.attempt();
  }

  private report(changes: readonly Change<A>[]): void {
    if (changes.length > 0) this.copy = undefined;
    for (const change of changes) this.changesSource.emit(change);
  }
}
