import type { PresenceEvent } from '../domain/event.js';
import type { LogEntry } from './entry.js';
import type { TokenSealer } from '../sealed-tokens/token-sealer.js';
import type { CommitPosition } from '../store/presence-store.js';
import { ResumeIndex, type ResumePoint } from './resume-index.js';

/**
 * Makes the bytes that the log is made of. Protobuf messages concatenate: many fragments in a row are one message
 * that holds all their events, with the last resume token.
 */
export interface FragmentEncoder {
  /** A response with this one event. */
  event(event: PresenceEvent): Uint8Array;
  /** A response with nothing but a resume token. */
  resumeToken(token: string): Uint8Array;
}

export interface EventLogOptions {
  /** How many events are held. */
  readonly size: number;
  /** For how long, in milliseconds. */
  readonly maxAgeMs: number;
}

const BLOCK_BYTES = 256 * 1024;
/** More than a token fragment takes. Left free at the end of a block, so that a token follows its event at once. */
export const TOKEN_BYTES = 256;
/** After how many bytes a token follows the next commit: a message of much more than that holds one. */
const TOKEN_INTERVAL_BYTES = 32 * 1024;

/**
 * Every event of the recent past, encoded once, in commit order. Who reads it holds a position and nothing else, and
 * is given slices of its memory; readers at the same place share the same bytes. What is too old or too much falls
 * out at the tail.
 */
export class EventLog {
  /** The position that the next event will have. */
  head = 1;
  private readonly timeline: ResumeIndex;
  private readonly entries: (LogEntry | undefined)[];
  private tailPosition = 1;
  /** The latest entry of each user, of those before `linkedTo`. */
  private readonly latest = new Map<string, LogEntry>();
  private indexedTo = 1;
  private block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private used = 0;
  private bytesSinceToken = 0;

  constructor(
    private readonly options: EventLogOptions,
    private readonly encoder: FragmentEncoder,
    /** Of the resume tokens. */
    seal: TokenSealer,
  ) {
    this.timeline = new ResumeIndex(seal);
    this.entries = new Array<LogEntry | undefined>(options.size);
  }

  /** The position of the oldest event that is held. A reader before it has missed something. */
  get tail(): number {
    return this.tailPosition;
  }

  /** The commits of a partition are told from here on; see `Timeline`. */
  begin(origin: CommitPosition): void {
    this.timeline.begin(origin, this.head);
  }

  /** Takes in the events of a commit, of which there is at least one. */
  append(events: readonly PresenceEvent[], origin: CommitPosition): void {
    // Not within a commit: a token cannot name a place there.
    if (this.bytesSinceToken >= TOKEN_INTERVAL_BYTES) this.seal();
    const start = this.head;
    for (const event of events) this.appendOne(event, origin);
    this.timeline.advance(origin, start, this.head);
  }

  /** Lets a resume token for the head follow the last event, unless one does. */
  seal(): void {
    const last = this.at(this.head - 1);
    if (last === undefined || last.tokenEnd > last.end) return;
    // The block of the last event is the current one, and has room: see TOKEN_BYTES.
    this.used += this.write(this.encoder.resumeToken(this.tokenFor(this.head)));
    last.tokenEnd = this.used;
    this.bytesSinceToken = 0;
  }

  /** The bytes of a resume token for a position. */
  tokenFragment(position: number): Buffer {
    const last = this.at(position - 1);
    if (last !== undefined && last.tokenEnd > last.end) {
      return last.block.subarray(last.end, last.tokenEnd);
    }
    return Buffer.from(this.encoder.resumeToken(this.tokenFor(position)));
  }

  /** Drops what is older than the log goes back. */
  trim(now: number): void {
    for (let oldest = this.at(this.tailPosition); oldest; oldest = this.at(this.tailPosition)) {
      if (oldest.occurredAt > now - this.options.maxAgeMs) return;
      this.dropOldest(oldest);
    }
  }

  /** The entry at a position. Undefined: it has fallen out or is not yet there. */
  at(position: number): LogEntry | undefined {
    if (position < this.tailPosition || position >= this.head) return undefined;
    return this.entries[position % this.options.size];
  }

  /**
   * Lets every entry know the next one of its user, for readers who are behind and want the latest only. Done when one
   * of them asks, since to look users up makes every commit dearer, and most logs have no such reader.
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

  tokenFor(position: number): string {
    return this.timeline.tokenFor(position);
  }

  /** Where the bearer of a token goes on. Undefined: not everything that comes after it is held. */
  find(token: string): ResumePoint | undefined {
    return this.timeline.find(token, this.tailPosition, this.head);
  }

  private appendOne(event: PresenceEvent, { partition, seq }: CommitPosition): void {
    const oldest = this.at(this.head - this.options.size);
    if (oldest !== undefined) this.dropOldest(oldest);
    const bytes = this.encoder.event(event);
    if (this.used + bytes.length + TOKEN_BYTES > this.block.length) this.rollSegment();
    const start = this.used;
    const end = (this.used += this.write(bytes));
    this.bytesSinceToken += bytes.length;
    const { presence, previousChannelId, occurredAt, change } = event;
    const entry: LogEntry = {
      position: this.head++,
      userId: presence.userId,
      channelId: presence.channelId,
      previousChannelId,
      partition,
      seq,
      kind: change.kind,
      occurredAt,
      block: this.block,
      start,
      end,
      tokenEnd: end,
      next: undefined,
    };
    this.entries[entry.position % this.options.size] = entry;
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
