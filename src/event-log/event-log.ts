import type { PresenceEvent } from '../domain/event.js';
import { isOfHider, type CommitFacts, type ViewedChange } from './commit-facts.js';
import { fieldsOf, silentFields, type EventFields, type LogEntry } from './entry.js';
import type { TokenSealer } from '../sealed-tokens/token-sealer.js';
import type { CommitPosition } from '../store/presence-store.js';
import { ResumeIndex, type ResumePoint } from './resume-index.js';
import { ALL_RIGHTS, withoutRights, withRights } from './resume-token.js';

/**
 * Encodes the fragments that the log stores. Protobuf messages concatenate: consecutive fragments are one message
 * with all their events and the last resume token.
 */
export interface FragmentEncoder {
  /** Returns an encoded response with this one event. */
  event(event: PresenceEvent): Uint8Array;
  /** Returns an encoded response with only a resume token. */
  resumeToken(token: string): Uint8Array;
}

export interface EventLogOptions {
  /** The maximum number of events in the log. */
  readonly size: number;
  /** The maximum age of an event in the log, in milliseconds. */
  readonly maxAgeMs: number;
}

const BLOCK_BYTES = 256 * 1024;
/**
 * More than the size of a token fragment. Every block keeps this space free, so that a token can directly follow the
 * last event.
 */
export const TOKEN_BYTES = 256;
/**
 * The number of bytes after which a token is inserted before the next commit. A message that is much larger than this
 * contains a token.
 */
const TOKEN_INTERVAL_BYTES = 32 * 1024;

/**
 * The recent events, each encoded once, in commit order. A reader keeps only its offset and receives slices of the
 * log's memory; readers at the same offset share the same bytes. The log drops the oldest events when it exceeds its
 * size or its maximum age.
 */
export class EventLog {
  /** The offset of the next event. */
  head = 1;
  /** The commits in the log, by their positions. */
  readonly timeline: ResumeIndex;
  private readonly entries: (LogEntry | undefined)[];
  private tailPosition = 1;
  /** The latest entry of each user among the entries before `indexedTo`. */
  private readonly latest = new Map<string, LogEntry>();
  private indexedTo = 1;
  private block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private used = 0;
  private bytesSinceToken = 0;
  /** The last entry with bytes. */
  private lastEvent: LogEntry | undefined;
  /** The last token that was encrypted, and encoded fragments with it, by rights. */
  private token = { position: 0, text: '' };
  private readonly fragments = new Map<number, Buffer>();
  private allFactsOffset = 1;
  private hiderFactsOffset = 1;
  private noHiderOffset = 1;

  constructor(
    private readonly options: EventLogOptions,
    private readonly encoder: FragmentEncoder,
    /** Encrypts and decrypts the resume tokens. */
    seal: TokenSealer,
  ) {
    this.timeline = new ResumeIndex(seal);
    this.entries = new Array<LogEntry | undefined>(options.size);
  }

  /** The offset of the oldest event in the log. A reader at a lower offset has missed events. */
  get tail(): number {
    return this.tailPosition;
  }

  /** From this offset on, the log has the facts of every commit, with the state before it. */
  get allFactsSince(): number {
    return this.allFactsOffset;
  }

  /** From this offset on, the log has the state before every commit of a user who hides from someone. */
  get hiderFactsSince(): number {
    return this.hiderFactsOffset;
  }

  /** From this offset on, the log has no commit of a user who hides, or has hidden, from anyone. */
  get noHiderSince(): number {
    return this.noHiderOffset;
  }

  /** Starts or restarts the history of a partition at the current head; see `ResumeIndex`. */
  begin(origin: CommitPosition): void {
    this.timeline.begin(origin, this.head);
    this.token = { position: 0, text: '' };
  }

  /**
   * Appends the events of one commit. Without events, it appends a silent entry. `change` is required for a silent
   * entry, and if a reader does not see the commit as it is in the log.
   */
  append(events: readonly PresenceEvent[], origin: CommitPosition, change?: ViewedChange): void {
    // The token is inserted before the commit, because a token cannot identify a position within a commit.
    if (this.bytesSinceToken >= TOKEN_INTERVAL_BYTES) this.seal();
    const first = this.head;
    const facts = change && { ...change, first, end: first + Math.max(1, events.length) };
    for (const event of events) this.appendEvent(event, origin, facts);
    if (events.length === 0 && facts !== undefined) {
      this.appendEntry(silentFields(facts), origin, facts, this.used);
    }
    if (change?.before === undefined) {
      this.allFactsOffset = this.head;
      if (change !== undefined && change.after.hiddenFrom.size > 0)
        this.hiderFactsOffset = this.head;
    }
    if (change !== undefined && isOfHider(change)) this.noHiderOffset = this.head;
    this.timeline.advance(origin, first, this.head);
  }

  /** Appends a resume token after the last event, unless one is there already. */
  seal(): void {
    const last = this.lastEvent;
    if (last === undefined || last.tokenEnd > last.end || last.position < this.tail) return;
    // The last event is always in the current block, which has enough free space: see TOKEN_BYTES.
    const token = this.tokenAt(last.position + 1);
    this.used += this.write(this.encoder.resumeToken(token));
    last.tokenEnd = this.used;
    this.bytesSinceToken = 0;
  }

  /** Returns an encoded response with only the resume token for an offset, for a reader with these rights. */
  tokenFragment(position: number, rights = ALL_RIGHTS): Buffer {
    const last = this.at(position - 1);
    if (rights === ALL_RIGHTS && last !== undefined && last.tokenEnd > last.end) {
      return last.block.subarray(last.end, last.tokenEnd);
    }
    return this.idleFragment(position, rights);
  }

  /**
   * Makes the next token without events different from all before. Otherwise a reader could conclude from equal tokens
   * that there was no commit, and from different tokens that an unseen user acted.
   */
  renewToken(): void {
    this.token = { position: 0, text: '' };
  }

  /** Like `tokenFragment`, for a message without events: it does not repeat a token that came with an event. */
  idleFragment(position: number, rights: number): Buffer {
    const token = this.tokenAt(position);
    let fragment = this.fragments.get(rights);
    if (fragment === undefined) {
      fragment = Buffer.from(this.encoder.resumeToken(withRights(token, rights)));
      this.fragments.set(rights, fragment);
    }
    return fragment;
  }

  /** Drops events that are older than `maxAgeMs`. */
  trim(now: number): void {
    for (let oldest = this.at(this.tailPosition); oldest; oldest = this.at(this.tailPosition)) {
      if (oldest.occurredAt > now - this.options.maxAgeMs) return;
      this.dropOldest(oldest);
    }
  }

  /** Returns the entry at an offset. Undefined if it was dropped or does not exist yet. */
  at(position: number): LogEntry | undefined {
    if (position < this.tailPosition || position >= this.head) return undefined;
    return this.entries[position % this.options.size];
  }

  /**
   * Links every entry to the next one of its user, for lagging readers that want only the latest events. This is done
   * on request, because the lookup of users makes every commit more expensive and most logs have no such reader.
   */
  indexSuperseded(): void {
    this.indexedTo = Math.max(this.indexedTo, this.tailPosition);
    for (; this.indexedTo < this.head; this.indexedTo++) {
      const entry = this.at(this.indexedTo)!;
      const previous = this.latest.get(entry.userId);
      if (previous !== undefined) previous.next = entry;
      this.latest.set(entry.userId, entry);
    }
  }

  tokenFor(position: number, rights = ALL_RIGHTS): string {
    return withRights(this.timeline.tokenFor(position), rights);
  }

  /**
   * Returns the point from which the bearer of a token continues. `rights`: those of the bearer. Undefined if the token
   * is invalid or has other rights, or if the log no longer holds all events after it.
   */
  find(token: string, rights = ALL_RIGHTS): ResumePoint | undefined {
    const encrypted = withoutRights(token, rights);
    if (encrypted === undefined) return undefined;
    return this.timeline.find(encrypted, this.tailPosition, this.head);
  }

  /**
   * Returns the offset at which the events of a partition after a commit begin. Undefined: the log does not hold this commit.
   */
  offsetAfter(commit: CommitPosition): number | undefined {
    return this.timeline.offsetAfter(commit, this.head);
  }

  /** Returns the last commit of a partition whose events all lie before an offset. */
  lastCommitBefore(partition: number, position: number): CommitPosition {
    return this.timeline.lastBefore(partition, position);
  }

  /** Returns the offset from which on the log has every commit of a partition. */
  completeSince(partition: number): number {
    return Math.max(this.tailPosition, this.timeline.completeSince(partition));
  }

  /** Encodes an event that is not in the log. */
  encode(event: PresenceEvent): Uint8Array {
    return this.encoder.event(event);
  }

  /** Encodes a response with only a resume token, for readers who see everything. */
  encodeToken(token: string): Uint8Array {
    return this.encoder.resumeToken(token);
  }

  private appendEvent(
    event: PresenceEvent,
    origin: CommitPosition,
    facts: CommitFacts | undefined,
  ): void {
    const bytes = this.encoder.event(event);
    if (this.used + bytes.length + TOKEN_BYTES > this.block.length) this.rollSegment();
    const start = this.used;
    this.used += this.write(bytes);
    this.bytesSinceToken += bytes.length;
    this.lastEvent = this.appendEntry(fieldsOf(event), origin, facts, start);
  }

  private appendEntry(
    fields: EventFields,
    { partition, seq, mark }: CommitPosition,
    facts: CommitFacts | undefined,
    start: number,
  ): LogEntry {
    const oldest = this.at(this.head - this.options.size);
    if (oldest !== undefined) this.dropOldest(oldest);
    const entry: LogEntry = {
      position: this.head++,
      userId: fields.userId,
      channelId: fields.channelId,
      previousChannelId: fields.previousChannelId,
      otherChannelIds: fields.otherChannelIds,
      partition,
      seq,
      mark,
      kind: fields.kind,
      occurredAt: fields.occurredAt,
      block: this.block,
      start,
      end: this.used,
      tokenEnd: this.used,
      next: undefined,
      facts,
    };
    this.entries[entry.position % this.options.size] = entry;
    return entry;
  }

  /** Encrypts a token only once for all readers at the same offset. */
  private tokenAt(position: number): string {
    if (this.token.position !== position) {
      this.token = { position, text: this.timeline.tokenFor(position) };
      this.fragments.clear();
    }
    return this.token.text;
  }

  private write(bytes: Uint8Array): number {
    this.block.set(bytes, this.used);
    return bytes.length;
  }

  private rollSegment(): void {
    this.block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.used = 0;
  }

  private dropOldest(oldest: LogEntry): void {
    this.entries[oldest.position % this.options.size] = undefined;
    this.tailPosition = oldest.position + 1;
    this.timeline.dropBefore(this.tailPosition);
    if (this.latest.get(oldest.userId) === oldest) this.latest.delete(oldest.userId);
  }
}
