import type { LogEntry } from '../event-log/entry.js';
import type { Subscription } from './subscription.js';

/** The events of one flush for the subscriptions that were up to date before it, and do not receive every event. */
export class MatchedEvents {
  private readonly found = new Map<Subscription, LogEntry[]>();

  /** Adds the events of the next entry for a subscription, unless it has received them or reads them itself. */
  add(subscription: Subscription, entry: LogEntry): void {
    const { isLagging, cursor } = subscription;
    if (isLagging || entry.position < cursor.position) return;
    const entries = this.found.get(subscription);
    // The index yields a subscription once for each reason to follow the user.
    if (entries !== undefined && entries.at(-1)!.position >= entry.position) return;
    const events = cursor.eventsAt(entry);
    if (entries !== undefined) entries.push(...events);
    else if (events.length > 0) this.found.set(subscription, [...events]);
  }

  clear(): void {
    this.found.clear();
  }

  [Symbol.iterator](): Iterator<[Subscription, readonly LogEntry[]]> {
    return this.found.entries();
  }
}
