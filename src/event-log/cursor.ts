import { concernsHiding, type CommitFacts } from './commit-facts.js';
import { canCatchUp, type CatchUp } from './catch-up.js';
import type { LogEntry } from './entry.js';
import type { EventLog } from './event-log.js';
import { matches, needsFacts, wantsEverything, type Interest } from './filter.js';
import { MAX_MESSAGE_BYTES, type BatchCache } from './batch-cache.js';
import type { ResumePoint } from './resume-index.js';
import { rightsDigest } from './resume-token.js';

/** The maximum number of events that one scan checks before it yields to the event loop. */
const SCAN_LIMIT = 10_000;

const NONE: readonly LogEntry[] = [];

/** The missed events of a reader that resumes. */
export interface Missed {
  /** The part of the following events that the reader has received already, from another node. */
  readonly resumed: ResumePoint;
  /** Undefined: the reader sees every user. */
  readonly catchUp: CatchUp | undefined;
}

/**
 * The offset of a reader in the log. It is the only state of a subscriber: there is no queue, however far the
 * subscriber lags.
 */
export class Cursor {
  /** The rights of the reader, for its resume tokens. */
  readonly rights: number;
  private readonly needsFacts: boolean;
  /** `hiderFactsSince` of the log when the reader could continue. */
  private hiderFactsSince: number;

  constructor(
    private readonly log: EventLog,
    private readonly slices: BatchCache,
    readonly interest: Interest,
    public position: number,
    private missed?: Missed,
  ) {
    this.rights = rightsDigest(interest.viewer.rights);
    this.needsFacts = needsFacts(interest);
    this.hiderFactsSince = log.hiderFactsSince;
  }

  get isAtHead(): boolean {
    return this.position >= this.log.head;
  }

  /** Whether the log has dropped events that this reader has not received. */
  get isTruncated(): boolean {
    return this.position < this.log.tail;
  }

  /** Whether the reader needs the state before a commit ahead, and the log does not have it because the commit was replayed. */
  lacksState(): boolean {
    if (this.needsFacts) return this.position < this.log.allFactsSince;
    const { hiderFactsSince } = this.log;
    if (this.hiderFactsSince === hiderFactsSince) return false;
    if (!canCatchUp(this.log, this.interest, this.position)) return true;
    this.hiderFactsSince = hiderFactsSince;
    return false;
  }

  /**
   * Advances the cursor and returns the next message. Returns undefined if the cursor is at the head, or if the scan
   * stopped without a match; then the caller should call again later.
   *
   * With `latestOnly`, an event is skipped if a later matching event of the same user follows, so a reader never
   * receives an older state after a newer one.
   */
  read(latestOnly: boolean): Buffer | undefined {
    if (!this.isCatchingUp) this.missed = undefined;
    if (this.isAtHead) return undefined;
    if (!latestOnly && this.missed === undefined && !this.needsFacts) {
      const { viewer, filter } = this.interest;
      const slice = wantsEverything(filter)
        ? this.slices.contiguousFrom(this.position, viewer.userId)
        : undefined;
      if (slice !== undefined) {
        this.position = slice.next;
        return slice.events > 0 ? slice.bytes : undefined;
      }
    }
    return this.scan(latestOnly);
  }

  /**
   * Returns what this reader receives for an entry, if it has received everything before it. A reader that does not see
   * a commit as it is in the log receives all its events for the first entry, and none for the others.
   */
  eventsAt(entry: LogEntry): readonly LogEntry[] {
    const facts = this.factsFor(entry);
    if (facts === undefined) return matches(this.interest.filter, entry) ? [entry] : NONE;
    return entry.position === facts.first
      ? this.slices.views.entriesFor(this.interest, facts)
      : NONE;
  }

  /**
   * Moves the cursor to `head` and encodes `entries`, the matching events before it, which the caller has found
   * already.
   */
  advance(entries: readonly LogEntry[], head: number): Buffer {
    this.position = head;
    return this.slices.encodeShared(entries, head, this.rights);
  }

  private scan(latestOnly: boolean): Buffer | undefined {
    const wanted: LogEntry[] = [];
    let bytes = 0;
    if (latestOnly) this.log.indexSuperseded();
    const stop = Math.min(this.log.head, this.position + SCAN_LIMIT);
    while (this.position < stop) {
      const entry = this.log.at(this.position)!;
      const events = this.wantedAt(entry, latestOnly);
      for (const { start, end } of events) bytes += end - start;
      if (wanted.length > 0 && events.length > 0 && bytes > MAX_MESSAGE_BYTES - 1024) break;
      wanted.push(...events);
      // Never stops within a commit of which the reader has received all events.
      this.position = this.factsFor(entry)?.end ?? this.position + 1;
    }
    if (wanted.length === 0) return undefined;
    return this.slices.encodeSelected(
      wanted,
      this.isResuming ? undefined : this.position,
      this.rights,
    );
  }

  /** Returns what this reader receives for an entry, considering what it has received and what replaces the entry. */
  private wantedAt(entry: LogEntry, latestOnly: boolean): readonly LogEntry[] {
    if (this.alreadyDelivered(entry)) return NONE;
    const events = this.missed?.catchUp?.eventsAt(entry) ?? this.eventsAt(entry);
    if (!latestOnly || events.length === 0) return events;
    return this.isSuperseded(entry) ? NONE : events.slice(-1);
  }

  /** The facts that the reader needs to see the commit of an entry. Undefined: it sees the commit as it is in the log. */
  private factsFor({ facts }: LogEntry): CommitFacts | undefined {
    if (facts === undefined) {
      if (this.needsFacts) throw new Error('the event log lacks the facts of a commit');
      return undefined;
    }
    const { viewer } = this.interest;
    return this.needsFacts || concernsHiding(facts, viewer.userId) ? facts : undefined;
  }

  /** Whether the log holds events ahead that were committed before the reader resumed. */
  private get isCatchingUp(): boolean {
    if (this.missed === undefined) return false;
    return this.isResuming || this.position < (this.missed.catchUp?.until ?? 0);
  }

  /**
   * Whether the reader has already received some of the events ahead. No offset in this log then describes what the
   * reader has received, so no resume token can be sent.
   */
  private get isResuming(): boolean {
    return this.missed !== undefined && this.position < this.missed.resumed.until;
  }

  private alreadyDelivered({ partition, seq }: LogEntry): boolean {
    return this.isResuming && seq <= this.missed!.resumed.seqs[partition]!;
  }

  /** Whether the reader receives an event of a later commit of the same user, or a later event of the same commit. */
  private isSuperseded(entry: LogEntry): boolean {
    const end = this.factsFor(entry)?.end ?? 0;
    for (let { next } = entry; next; { next } = next) {
      if (next.position < end) continue;
      if ((this.missed?.catchUp?.eventsAt(next) ?? this.eventsAt(next)).length > 0) return true;
    }
    return false;
  }
}
