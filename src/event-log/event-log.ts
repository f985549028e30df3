import type { PresenceEvent } from '../domain/event.js';
import { NO_CHANNELS } from '../domain/presence.js';
import type { LogEntry } from './entry.js';
import type { TokenSealer } from '../sealed-tokens/token-sealer.js';
import type { CommitPosition } from '../store/presence-store.js';
import { ResumeIndex, type ResumePoint } from './resume-index.js';

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
  private readonly timeline: ResumeIndex;
  private readonly entries: (LogEntry | undefined)[];
  private tailPosition = 1;
  /** The latest entry of each user among the entries before `indexedTo`. */
  private readonly latest = new Map<string, LogEntry>();
  private indexedTo = 1;
  private block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private used = 0;
  private bytesSinceToken = 0;

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

  /** Starts or restarts the history of a partition at the current head; see `ResumeIndex`. */
  begin(origin: CommitPosition): void {
    this.timeline.begin(origin, this.head);
  }

  /** Appends the events of one commit. There must be at least one event. */
  append(events: readonly PresenceEvent[], origin: CommitPosition): void {
    // The token is inserted before the commit, because a token cannot identify a position within a commit.
    if (this.bytesSinceToken >= TOKEN_INTERVAL_BYTES) this.seal();
    const start = this.head;
    for (const event of events) this.appendOne(event, origin);
    this.timeline.advance(origin, start, this.head);
  }

  /** Appends a resume token for the head after the last event, unless one is there already. */
  seal(): void {
    const last = this.at(this.head - 1);
    if (last === undefined || last.tokenEnd > last.end) return;
    // The last event is always in the current block, which has enough free space: see TOKEN_BYTES.
    this.used += this.write(this.encoder.resumeToken(this.tokenFor(this.head)));
    last.tokenEnd = this.used;
    this.bytesSinceToken = 0;
  }

  /** Returns an encoded response with only the resume token for an offset. */
  tokenFragment(position: number): Buffer {
    const last = this.at(position - 1);
    if (last !== undefined && last.tokenEnd > last.end) {
      return last.block.subarray(last.end, last.tokenEnd);
    }
    return Buffer.from(this.encoder.resumeToken(this.tokenFor(position)));
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

  tokenFor(position: number): string {
    return this.timeline.tokenFor(position);
  }

  /**
   * Returns the point from which the bearer of a token continues. Undefined if the token is invalid, or if the log no
   * longer holds all events after it.
   */
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
      otherChannelIds: otherChannelsOf(event),
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

/** Returns the channels after or before the commit, except the current channel after and before. */
function otherChannelsOf({
  presence: { channelId, otherChannelIds },
  previousChannelId,
  previousOtherChannelIds,
}: PresenceEvent): readonly string[] {
  if (otherChannelIds.length === 0 && previousOtherChannelIds.length === 0) return NO_CHANNELS;
  const others = new Set([...otherChannelIds, ...previousOtherChannelIds]);
  if (channelId !== undefined) others.delete(channelId);
  if (previousChannelId !== undefined) others.delete(previousChannelId);
  return [...others];
}
