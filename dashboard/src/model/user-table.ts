import { comparison, mergeRows, type Compare, type Sort } from './user-order.js';
import { STATUSES, type Status, type User, type UserChange } from './user.js';

/** The filter of the table. */
export interface UserFilter {
  /** Part of a user id, a status text, a channel or a platform, case-insensitive. Empty: all users. */
  readonly text: string;
  /** Empty: all statuses. */
  readonly statuses: ReadonlySet<Status>;
}

/** The known users, the rows that a filter selects, and their order. */
export class UserTable {
  sort: Sort = { key: 'user', isDescending: false };
  filter: UserFilter = { text: '', statuses: new Set() };
  /** The rows to display. A new array after every change. */
  rows: readonly User[] = [];
  /** The number of users with each status, regardless of the filter. */
  readonly counts: Record<Status, number> = noCounts();
  private readonly users = new Map<string, User>();
  /** The search text in the form that is compared. */
  private needle = '';
  private compare: Compare = comparison(this.sort);

  get size(): number {
    return this.users.size;
  }

  get(userId: string): User | undefined {
    return this.users.get(userId);
  }

  /** Applies all changes since the last call in one step. */
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

  private isShown({ userId, status, statusText, channelIds, platforms }: User): boolean {
    const { statuses } = this.filter;
    if (statuses.size > 0 && !statuses.has(status)) return false;
    if (this.needle === '') return true;
    return [userId, statusText, ...channelIds, ...platforms].some((part) =>
      part.toLowerCase().includes(this.needle),
    );
  }
}

function noCounts(): Record<Status, number> {
  return Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<Status, number>;
}
