import type { Hidings } from '../domain/access-rules.js';
import { CommitViews } from './commit-views.js';
import type { LogEntry } from './entry.js';
import { TOKEN_BYTES, type EventLog } from './event-log.js';
import { ALL_RIGHTS } from './resume-token.js';

/** The maximum size of a message. Only a message with a single larger event or commit may exceed it. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** Whether the events fit into one message. */
export function fitsInOneMessage(entries: readonly LogEntry[]): boolean {
  const bytes = entries.reduce((sum, { start, end }) => sum + end - start, 0);
  return bytes <= MAX_MESSAGE_BYTES - TOKEN_BYTES || entries.length === 1;
}

/** A message, and the offset that the cursor of its reader has after it. */
export interface Slice {
  /** Empty if the slice has only silent entries. */
  readonly bytes: Buffer;
  readonly next: number;
  readonly events: number;
  /** The viewers who must not receive the slice, because a user hides or has hidden from them. Nearly always none. */
  readonly hiddenFrom: ReadonlySet<string>;
}

/**
 * Builds messages from the log. All readers of the same events at the same head receive the same Buffer, so a flush
 * builds one message for any number of readers.
 */
export class BatchCache {
  /** The events for readers who do not see everything. */
  readonly views: CommitViews;
  private readonly runs = new Map<number, Slice>();
  private readonly shares = new Map<string, Buffer>();
  private cutAt = 0;
  private eventCount = 0;
  private messageCount = 0;

  constructor(private readonly log: EventLog) {
    this.views = new CommitViews(log);
  }

  /** The total number of events sent. An event with three readers counts three times. */
  get events(): number {
    return this.eventCount;
  }

  /** The total number of messages sent. */
  get messages(): number {
    return this.messageCount;
  }

  /**
   * Returns all events from an offset on that fit into one message and are contiguous in memory. Undefined: a user in
   * the slice hides or has hidden from the viewer, so the caller must select the events one by one.
   */
  contiguousFrom(from: number, viewerId: string): Slice | undefined {
    this.invalidate();
    let slice = this.runs.get(from);
    if (slice === undefined) this.runs.set(from, (slice = this.sliceFrom(from)));
    if (slice.hiddenFrom.has(viewerId)) return undefined;
    if (slice.events > 0) this.count(slice.events);
    return slice;
  }

  /**
   * Encodes the selected events in log order. If `next` is given, the resume token for that offset and for these rights
   * follows them.
   */
  encodeSelected(
    entries: readonly LogEntry[],
    next: number | undefined,
    rights = ALL_RIGHTS,
  ): Buffer {
    this.count(entries.length);
    return this.join(entries, next, rights);
  }

  /** Like `encodeSelected`, for many readers: readers with the same selection and rights share one Buffer. */
  encodeShared(entries: readonly LogEntry[], next: number, rights = ALL_RIGHTS): Buffer {
    this.invalidate();
    const key = `${entries.map(identityOf).join()}>${next} ${rights}`;
    let bytes = this.shares.get(key);
    if (bytes === undefined) this.shares.set(key, (bytes = this.join(entries, next, rights)));
    this.count(entries.length);
    return bytes;
  }

  /** Counts a message with events that was sent. */
  count(events: number): void {
    this.eventCount += events;
    this.messageCount++;
  }

  private join(entries: readonly LogEntry[], next: number | undefined, rights: number): Buffer {
    this.log.seal();
    const parts = entries.map((entry) => entry.block.subarray(entry.start, entry.end));
    if (next !== undefined) parts.push(this.log.tokenFragment(next, rights));
    return Buffer.concat(parts);
  }

  /** Discards messages that were built for an earlier head: no reader of the current head can use them. */
  private invalidate(): void {
    if (this.cutAt === this.log.head) return;
    this.log.seal();
    this.cutAt = this.log.head;
    this.runs.clear();
    this.shares.clear();
    this.views.clear();
  }

  private sliceFrom(from: number): Slice {
    const first = this.log.at(from)!;
    // Users rarely change the list, so the commits of a user share it.
    const lists = new Set<Hidings>();
    let [start, end, events, next] = [0, 0, 0, from];
    for (let entry: LogEntry | undefined = first; entry; entry = this.log.at(next)) {
      if (entry.block !== first.block) break;
      if (entry.kind !== undefined) {
        if (events === 0) start = entry.start;
        else if (entry.tokenEnd - start > MAX_MESSAGE_BYTES) break;
        end = entry.tokenEnd;
        events++;
      }
      if (entry.facts !== undefined) {
        const { before, after } = entry.facts;
        lists.add(after.hiddenFrom);
        if (before !== undefined) lists.add(before.hiddenFrom);
      }
      next = entry.position + 1;
    }
    const hiddenFrom = new Set<string>();
    for (const list of lists) for (const viewerId of list.keys()) hiddenFrom.add(viewerId);
    return { bytes: first.block.subarray(start, end), next, events, hiddenFrom };
  }
}

function identityOf({ position, derivation }: LogEntry): string {
  return derivation === undefined ? `${position}` : `d${derivation}`;
}
