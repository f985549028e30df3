import { comparison, mergeRows, type Compare, type Sort } from './user-order.js';
import { STATUSES, type Status, type User, type UserChange } from './user.js';

/** Which users are in the table. */
export interface UserFilter {
  /** Part of a user id, a status text, a channel or a platform, in any case. Empty: all. */
  readonly text: string;
  /** Empty: all. */
  readonly statuses: ReadonlySet<Status>;
}

/** The users who are there, those of them that a filter lets through, and their order. */
export class UserTable {
  sort: Sort = { key: 'user', isDescending: false };
  filter: UserFilter = { text: '', statuses: new Set() };
  /** What is to be shown. Another array after every change. */
  rows: readonly User[] = [];
  /** How many there are of each status, whatever the filter. */
  readonly counts: Record<Status, number> = noCounts();
  private readonly users = new Map<string, User>();
  /** What is searched for, as it is compared. */
  private needle = '';
  private compare: Compare = comparison(this.sort);

  get size(): number {
    return this.users.size;
  }

  get(userId: string): User | undefined {
    return this.users.get(userId);
  }

  /** Takes in what has changed since the last time, many changes as one. */
  apply(changes: readonly UserChange[]): void {
    if (changes.length === 0) return;
    const changed = new Set<string>();
    for (const { userId, current } of changes) {
      this.put(userId, current);
      changed.add(userId);
    }
    const arrivals: User[] = [];
    for (const userId of changed) {
      const user = this.users.get(userId);
      if (user !== undefined && this.isShown(user)) arrivals.push(user);
    }
    this.rows = mergeRows(this.rows, changed, arrivals, this.compare);
  }

  sortBy(sort: Sort): void {
    this.sort = sort;
    this.compare = comparison(sort);
    this.rows = [...this.rows].sort(this.compare);
  }

  filterBy(filter: UserFilter): void {
    this.filter = filter;
    this.needle = filter.text.trim().toLowerCase();
    this.rows = [...this.users.values()].filter((user) => this.isShown(user)).sort(this.compare);
  }

  private put(userId: string, user: User | undefined): void {
    const before = this.users.get(userId);
    if (before !== undefined) this.counts[before.status] -= 1;
    if (user === undefined) {
      this.users.delete(userId);
    } else {
      this.counts[user.status] += 1;
      this.users.set(userId, user);
    }
  }

  private isShown({ userId, status, statusText, channelId, platforms }: User): boolean {
    const { statuses } = this.filter;
    if (statuses.size > 0 && !statuses.has(status)) return false;
    if (this.needle === '') return true;
    return [userId, statusText, channelId ?? '', ...platforms].some((part) =>
      part.toLowerCase().includes(this.needle),
    );
  }
}

function noCounts(): Record<Status, number> {
  return Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<Status, number>;
}
