import { changeInWords, type Topic } from './change-in-words.js';
import type { UserChange } from './user.js';

/** One line of the feed. */
export interface FeedEntry {
  /** Grows with every entry, and names it. */
  readonly number: number;
  readonly at: Date;
  readonly userId: string;
  readonly topic: Topic;
  readonly text: string;
  /** The service did not tell of it: it was found so after a break. */
  readonly fromSnapshot: boolean;
}

export interface FeedFilter {
  /** Part of a user id or of what is said. Empty: all. */
  readonly text: string;
  /** Undefined: all. */
  readonly topic: Topic | undefined;
}

/** The latest changes, the newest first, up to a bound. While it is paused what is shown stays, and what comes is kept. */
export class Feed {
  filter: FeedFilter = { text: '', topic: undefined };
  isPaused = false;
  /** How many came since it was paused. */
  waiting = 0;
  /** What is to be shown. The same array until something changes. */
  rows: readonly FeedEntry[] = [];
  /** The oldest first. */
  private entries: FeedEntry[] = [];
  /** What was there when it was paused. */
  private held: readonly FeedEntry[] = [];
  private count = 0;
  /** What is searched for, as it is compared. */
  private needle = '';

  constructor(private readonly capacity = 1000) {}

  add(changes: readonly UserChange[], now: Date): void {
    const before = this.count;
    for (const change of changes) {
      const { userId, reason, occurredAt } = change;
      for (const words of changeInWords(change)) {
        const number = ++this.count;
        const wasFound = reason === 'snapshot';
        this.entries.push({
          number,
          at: occurredAt ?? now,
          userId,
          ...words,
          fromSnapshot: wasFound,
        });
      }
    }
    if (this.count === before) return;
    this.entries = this.entries.slice(-this.capacity);
    if (this.isPaused) this.waiting += this.count - before;
    else this.arrange();
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.held = this.entries;
    this.waiting = 0;
  }

  resume(): void {
    this.isPaused = false;
    this.held = [];
    this.waiting = 0;
    this.arrange();
  }

  filterBy({ text, topic }: FeedFilter): void {
    this.filter = { text, topic };
    this.needle = text.trim().toLowerCase();
    this.arrange();
  }

  private arrange(): void {
    const entries = this.isPaused ? this.held : this.entries;
    this.rows = entries.filter((entry) => this.isShown(entry)).reverse();
  }

  private isShown({ userId, text, topic }: FeedEntry): boolean {
    const { filter } = this;
    if (filter.topic !== undefined && filter.topic !== topic) return false;
    return `${userId} ${text}`.toLowerCase().includes(this.needle);
  }
}
