import type { LogEntry } from './entry.js';
import type { EventLog } from './event-log.js';
import { matches, wantsEverything, type Filter } from './filter.js';
import { MAX_MESSAGE_BYTES, type BatchCache } from './batch-cache.js';
import type { ResumePoint } from './resume-index.js';

/** The maximum number of events that one scan checks before it yields to the event loop. */
const SCAN_LIMIT = 10_000;

/**
 * The offset of a reader in the log. It is the only state of a subscriber: there is no queue, however far the
 * subscriber lags.
 */
export class Cursor {
  constructor(
    private readonly log: EventLog,
    private readonly slices: BatchCache,
    readonly filter: Filter,
    public position: number,
    /** Set if the reader resumes and has already received some of the following events, from another node. */
    private resumed?: ResumePoint,
  ) {}

  get isAtHead(): boolean {
    return this.position >= this.log.head;
  }

  /** Whether the log has dropped events that this reader has not received. */
  get isTruncated(): boolean {
    return this.position < this.log.tail;
  }

  /**
   * Advances the cursor and returns the next message. Returns undefined if the cursor is at the head, or if the scan
   * reached `SCAN_LIMIT` without a match; then the caller should call again later.
   *
   * With `latestOnly`, an event is skipped if a later matching event of the same user follows, so a reader never
   * receives an older state after a newer one.
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

  /**
   * Moves the cursor to `head` and encodes `entries`, the matching events before it, which the caller has found
   * already.
   */
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

  /**
   * Whether the reader has already received some of the events ahead. No offset in this log then describes what the
   * reader has received, so no resume token can be sent.
   */
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
