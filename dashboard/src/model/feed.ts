import { describeChange, describeReason, type ChangeTopic } from '#client/describe';
import type { UserChange } from './user.js';

/** The title of each kind of event. */
export const TOPIC_NAMES: Readonly<Record<ChangeTopic, string>> = {
  arrival: 'Online',
  departure: 'Offline',
  status: 'Status',
  channel: 'Channel',
  mute: 'Mute',
  devices: 'Devices',
  attributes: 'Attributes',
};

export const EVENT_TOPICS = Object.keys(TOPIC_NAMES) as readonly ChangeTopic[];

/** One line of the event feed. */
export interface FeedEntry {
  /** Grows with every entry and identifies it. */
  readonly number: number;
  readonly at: Date;
  readonly userId: string;
  readonly topic: ChangeTopic;
  readonly text: string;
  /** Whether a snapshot contained the change after a break, without an event. */
  readonly fromSnapshot: boolean;
}

export interface FeedFilter {
  /** Part of a user id or of the displayed text. Empty: all entries. */
  readonly text: string;
  /** Undefined: all topics. */
  readonly topic: ChangeTopic | undefined;
}

/**
 * The latest changes, newest first, up to a maximum number. While the feed is paused, the displayed entries stay and
 * new entries are kept.
 */
export class Feed {
  filter: FeedFilter = { text: '', topic: undefined };
  isPaused = false;
  /** The number of new entries since the feed was paused. */
  waiting = 0;
  /** The entries to display. The same array until something changes. */
  rows: readonly FeedEntry[] = [];
  /** All entries, oldest first. */
  private entries: FeedEntry[] = [];
  /** The entries at the time of the pause. */
  private held: readonly FeedEntry[] = [];
  private count = 0;
  /** The search text in the form that is compared. */
  private needle = '';

  constructor(private readonly capacity = 1000) {}

  add(changes: readonly UserChange[], now: Date): void {
    const before = this.count;
    for (const change of changes) {
      const { userId, reason, occurredAt } = change;
      const why = describeReason(reason);
      for (const { topic, text } of describeChange(change)) {
        this.entries.push({
          number: ++this.count,
          at: occurredAt ?? now,
          userId,
          topic,
          text: why === undefined ? text : `${text} (${why})`,
          fromSnapshot: reason === 'snapshot',
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

  filterBy(filter: FeedFilter): void {
    this.filter = filter;
    this.needle = filter.text.trim().toLowerCase();
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
