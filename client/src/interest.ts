import { check } from './arguments.js';
import { kindsToFollow } from './change.js';
import type { Presence } from './presence.js';
import type { SubscriptionFilter } from './subscription-stream.js';
import { MAX_USERS, type WatchOptions } from './watch-options.js';

/** The users, channels and groups of a collection. The users can change while the collection is open. */
export class Interest {
  /** Grows with every change of the users. */
  version = 0;
  private readonly users: Set<string>;
  private readonly channels: Set<string>;
  private readonly groups: readonly string[];
  private readonly isEveryone: boolean;
  private readonly kinds: SubscriptionFilter['kinds'];
  /** The users who were added and whose presences have not been received yet, each with the version of its addition. */
  private readonly unread = new Map<string, number>();
  private waiting: { readonly userIds: readonly string[]; readonly resolve: () => void }[] = [];

  constructor({ users, channels, groups, kinds = [] }: WatchOptions) {
    this.users = new Set(users);
    this.channels = new Set(channels);
    this.groups = [...(groups ?? [])];
    this.isEveryone = users === undefined && channels === undefined && groups === undefined;
    this.kinds = kindsToFollow(kinds);
  }

  /** Whether no user can match. The service would understand such a filter as all users. */
  get isNobody(): boolean {
    const isEmpty = this.users.size + this.channels.size + this.groups.length === 0;
    return isEmpty && !this.isEveryone;
  }

  get filter(): SubscriptionFilter {
    return {
      userIds: [...this.users],
      channelIds: [...this.channels],
      groupIds: [...this.groups],
      kinds: this.kinds,
    };
  }

  get unreadUserIds(): string[] {
    return [...this.unread.keys()];
  }

  /** Whether a user with this presence belongs to the collection. */
  includes({ userId, status, channelIds }: Presence<unknown>): boolean {
    if (this.users.has(userId)) return true;
    // The service shows a user who leaves the followed groups as offline.
    if (this.isEveryone || this.groups.length > 0) return status !== 'offline';
    return channelIds.some((id) => this.channels.has(id));
  }

  /** Returns the users who were not named before. */
  add(userIds: readonly string[]): string[] {
    check(!this.isEveryone, 'userIds', 'cannot be added, because the collection has all users');
    const added = [...new Set(userIds)].filter((userId) => !this.users.has(userId));
    const isRoom = this.users.size + added.length <= MAX_USERS;
    check(isRoom, 'userIds', `must not make the collection name more than ${MAX_USERS} users`);
    if (added.length > 0) this.version++;
    for (const userId of added) {
      this.users.add(userId);
      this.unread.set(userId, this.version);
    }
    return added;
  }

  /** Returns the users who were named before. */
  remove(userIds: readonly string[]): string[] {
    const removed = [...new Set(userIds)].filter((userId) => this.users.delete(userId));
    if (removed.length > 0) this.version++;
    this.markRead(this.version, removed);
    return removed;
  }

  /** Whether a user was added at this version or before, and its presence has not been received yet. */
  isUnread(userId: string, version: number): boolean {
    return (this.unread.get(userId) ?? Infinity) <= version;
  }

  /**
   * The presences of these users have been received, as requested at this version. A user who was removed and added again
   * since then stays unread: the changes in between were dropped.
   */
  markRead(version: number, userIds: Iterable<string> = [...this.unread.keys()]): void {
    for (const userId of userIds) if (this.isUnread(userId, version)) this.unread.delete(userId);
    this.waiting = this.waiting.filter((waiter) => {
      const isWaiting = waiter.userIds.some((userId) => this.unread.has(userId));
      if (!isWaiting) waiter.resolve();
      return isWaiting;
    });
  }

  /** Resolves when the presences of these users have been received, or the users have been removed. */
  read(userIds: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push({ userIds: [...userIds], resolve });
      this.markRead(0, []);
    });
  }
}
