import type { LogEntry } from './entry.js';
import type { EventLog } from './event-log.js';
import { matches, wantsEverything, type Filter } from './filter.js';
import { MAX_MESSAGE_BYTES, type BatchCache } from './batch-cache.js';
import type { ResumePoint } from './resume-index.js';

/** How many events are looked at before others have their turn. */
const SCAN_LIMIT = 10_000;

/**
 * A reader's place in the log, which is all that is kept of a subscriber: no queue, however far behind it is.
 */
export class Cursor {
  constructor(
    private readonly log: EventLog,
    private readonly slices: BatchCache,
    readonly filter: Filter,
    public position: number,
    /** Where a reader goes on who has seen some of what comes next, on another node. */
    private resumed?: ResumePoint,
  ) {}

  get isAtHead(): boolean {
    return this.position >= this.log.head;
  }

  /** Whether events that this reader has not seen have fallen out of the log. */
  get isTruncated(): boolean {
    return this.position < this.log.tail;
  }

  /**
   * Moves on, and returns the next message. Undefined: nothing so far; the reader is at the head or has looked at so
   * much that it should be asked again later. With `latestOnly` an event is left out when a later one of its user
   * follows, so that no state is ever given after a newer one.
   */
  read(latestOnly: boolean): Buffer | undefined {
    if (this.isAtHead) return undefined;
    if (!this.isResuming) this.resumed = undefined;
    if (wantsEverything(this.filter) && !latestOnly && this.resumed === undefined) {
      const { bytes, next } = this.slices.contiguousFrom(this.position);
      this.position = next;
      return bytes;
    }
    return this.scan(latestOnly);
  }

  /** Takes the matching events before `head`, which somebody else has found. */
  advance(entries: readonly LogEntry[], head: number): Buffer {
    this.position = head;
    return this.slices.encodeShared(entries, head);
  }

  private scan(latestOnly: boolean): Buffer | undefined {
    const wanted: LogEntry[] = [];
    let bytes = 0;
    if (latestOnly) this.log.indexSuperseded();
    const stop = Math.min(this.log.head, this.position + SCAN_LIMIT);
    for (; this.position < stop; this.position++) {
      const entry = this.log.at(this.position)!;
      if (this.alreadyDelivered(entry) || !matches(this.filter, entry)) continue;
      if (latestOnly && this.isSuperseded(entry)) continue;
      bytes += entry.end - entry.start;
      if (wanted.length > 0 && bytes > MAX_MESSAGE_BYTES - 1024) break;
      wanted.push(entry);
    }
    if (wanted.length === 0) return undefined;
    return this.slices.encodeSelected(wanted, this.isResuming ? undefined : this.position);
  }

  /** Whether some of what lies ahead has been seen: then no place in this log says what has been. */
  private get isResuming(): boolean {
    return this.resumed !== undefined && this.position < this.resumed.until;
  }

  private alreadyDelivered({ partition, seq }: LogEntry): boolean {
    return this.isResuming && seq <= this.resumed!.seqs[partition]!;
  }

  private isSuperseded(entry: LogEntry): boolean {
    for (let next = entry.next; next; next = next.next) {
      if (matches(this.filter, next)) return true;
    }
    return false;
  }
}
