import type { LogEntry } from './entry.js';
import { TOKEN_BYTES, type EventLog } from './event-log.js';

/** No message is larger, but for a single event that is. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** Whether events are few enough for one message. */
export function fitsInOneMessage(entries: readonly LogEntry[]): boolean {
  const bytes = entries.reduce((sum, { start, end }) => sum + end - start, 0);
  return bytes <= MAX_MESSAGE_BYTES - TOKEN_BYTES || entries.length === 1;
}

/** A message, and where its reader stands after it. */
export interface Slice {
  readonly bytes: Buffer;
  readonly next: number;
}

/**
 * Cuts messages out of the log. Whoever reads the same events at the same head is given the very same Buffer, so that
 * a round costs one slice for any number of readers.
 */
export class BatchCache {
  private readonly runs = new Map<number, Slice>();
  private readonly shares = new Map<string, Buffer>();
  private cutAt = 0;
  private eventCount = 0;
  private messageCount = 0;

  constructor(private readonly log: EventLog) {}

  /** How many events were handed out in all, each as often as there were readers of it. */
  get events(): number {
    return this.eventCount;
  }

  /** In how many messages. */
  get messages(): number {
    return this.messageCount;
  }

  /** All events from a position on, as many as fit in a message and lie together in memory. */
  contiguousFrom(from: number): Slice {
    this.invalidate();
    let slice = this.runs.get(from);
    if (slice === undefined) this.runs.set(from, (slice = this.sliceFrom(from)));
    this.count(slice.next - from);
    return slice;
  }

  /** Chosen events in order, and the token of a reader who then stands at `next`; without one where that is unknown. */
  encodeSelected(entries: readonly LogEntry[], next: number | undefined): Buffer {
    this.count(entries.length);
    return this.join(entries, next);
  }

  /** The same for many readers, who are given one Buffer when they chose alike. */
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

  /** What was cut for an earlier head is of no use to anybody who reads at this one. */
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
