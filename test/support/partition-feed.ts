import { vi } from 'vitest';
import type { EventKind } from '../../src/domain/event.js';
import type { EventLog } from '../../src/event-log/event-log.js';
import type { CommitHistory } from '../../src/store/commit-history.js';
import type { DeliveryPosition } from '../../src/store/partition-leases.js';
import { PartitionFeed, type FeedOptions } from '../../src/webhooks/partition-feed.js';
import { eventOf, newLog } from './log.js';

/** An event in a batch, as the receiver reads it. */
export interface DeliveredEvent {
  readonly type: string;
  readonly id: string;
  readonly subject?: string;
  readonly data: { readonly from?: string; readonly to?: string };
}

export const MARK = 99;
export const NOW = Date.parse('2026-03-01T00:00:00Z');

/** A history without commits, except those that the methods in `more` return. */
export const historyWith = (more: Partial<CommitHistory>): CommitHistory => ({
  keepsCommits: true,
  readAfter: async () => undefined,
  readOldest: async () => undefined,
  isContinuousFrom: () => true,
  positionOf: async () => undefined,
  ...more,
});

/** Called for each gap that a feed of `feedOf` reports. */
export const onGap = vi.fn<() => void>();

/** Creates a log of two partitions that has seen nothing yet. */
export function twoPartitions(size = 1000): EventLog {
  const log = newLog({ size });
  for (const partition of [0, 1]) log.begin({ partition, seq: 0, mark: MARK });
  return log;
}

/** Appends a commit with these kinds of event. */
export function commit(
  log: EventLog,
  partition: number,
  seq: number,
  kinds: readonly EventKind[] = ['USER_ONLINE'],
  userId = `user ${seq}`,
): void {
  const events = kinds.map((kind) => eventOf(userId, seq, { kind, at: NOW + seq }));
  log.append(events, { partition, seq, mark: MARK + seq });
}

export function feedOf(
  log: EventLog,
  position?: DeliveryPosition,
  more: Partial<FeedOptions> = {},
): PartitionFeed {
  return new PartitionFeed(
    {
      partition: 1,
      log,
      history: historyWith({}),
      source: 'here',
      kinds: undefined,
      now: () => NOW,
      awaitCurrent: () => Promise.resolve(),
      onGap,
      ...more,
    },
    position,
  );
}

/** Returns the position after a commit. The partitions begin after commit 0. */
export const after = (seq: number): DeliveryPosition => ({
  seq,
  mark: MARK + seq,
  occurredAt: NOW + seq,
});

/** Returns the events of the next batch, which the receiver takes. */
export async function read(feed: PartitionFeed): Promise<readonly DeliveredEvent[]> {
  const batch = await feed.next();
  if (batch === undefined) return [];
  feed.take();
  return JSON.parse(batch.body) as readonly DeliveredEvent[];
}

/** Returns the subjects, or the type for events without one. */
export const subjects = (events: readonly DeliveredEvent[]): readonly string[] =>
  events.map(({ subject, type }) => subject ?? type);
