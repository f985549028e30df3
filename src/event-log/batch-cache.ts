import type { LogEntry } from './entry.js';
import { TOKEN_BYTES, type EventLog } from './event-log.js';

/** The maximum size of a message. Only a message with a single larger event may exceed it. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** Whether the events fit into one message. */
export function fitsInOneMessage(entries: readonly LogEntry[]): boolean {
  const bytes = entries.reduce((sum, { start, end }) => sum + end - start, 0);
  return bytes <= MAX_MESSAGE_BYTES - TOKEN_BYTES || entries.length === 1;
}

/** A message, and the offset that the cursor of its reader has after it. */
export interface Slice {
  readonly bytes: Buffer;
  readonly next: number;
}

/**
 * Builds messages from the log. All readers of the same events at the same head receive the same Buffer, so a flush
 * builds one message for any number of readers.
 */
export class BatchCache {
  private readonly runs = new Map<number, Slice>();
  private readonly shares = new Map<string, Buffer>();
  private cutAt = 0;
  private eventCount = 0;
  private messageCount = 0;

  constructor(private readonly log: EventLog) {}

  /** The total number of events sent. An event with three readers counts three times. */
  get events(): number {
    return this.eventCount;
  }

  /** The total number of messages sent. */
  get messages(): number {
    return this.messageCount;
  }

  /** Returns all events from an offset on that fit into one message and are contiguous in memory. */
  contiguousFrom(from: number): Slice {
    this.invalidate();
    let slice = this.runs.get(from);
    if (slice === undefined) this.runs.set(from, (slice = this.sliceFrom(from)));
    this.count(slice.next - from);
    return slice;
  }

  /** Encodes the selected events in log order. If `next` is given, the resume token for that offset follows them. */
  encodeSelected(entries: readonly LogEntry[], next: number | undefined): Buffer {
    this.count(entries.length);
    return this.join(entries, next);
  }

  /** Like `encodeSelected`, for many readers: readers with the same selection share one Buffer. */
  encodeShared(entries: readonly LogEntry[], next: number): Buffer {
    this.invalidate();
    const key = `${entries.map((entry) => entry.position).join()}>${next}`;
    let bytes = this.shares.get(key);
    if (bytes === undefined) this.shares.set(key, (bytes = this.join(entries, next)));
    this.count(entries.length);
    return bytes;
  }

  private count(events: number): void {
    this.eventCount += events;
    this.messageCount++;
  }

  private join(entries: readonly LogEntry[], next: number | undefined): Buffer {
    this.log.seal();
    const parts = entries.map((entry) => entry.block.subarray(entry.start, entry.end));
    return Buffer.concat(next === undefined ? parts : [...parts, this.log.tokenFragment(next)]);
  }

  /** Discards messages that were built for an earlier head: no reader of the current head can use them. */
  private invalidate(): void {
    if (this.cutAt === this.log.head) return;
    this.log.seal();
    this.cutAt = this.log.head;
    this.runs.clear();
    this.shares.clear();
  }

  private sliceFrom(from: number): Slice {
    const first = this.log.at(from)!;
    let last = first;
    for (let next = this.log.at(from + 1); next; next = this.log.at(last.position + 1)) {
      if (next.block !== first.block || next.tokenEnd - first.start > MAX_MESSAGE_BYTES) break;
      last = next;
    }
    return {
      bytes: first.block.subarray(first.start, last.tokenEnd),
      next: last.position + 1,
    };
  }
}
