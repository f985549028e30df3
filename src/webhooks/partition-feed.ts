import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogEntry } from '../event-log/entry.js';
import type { EventLog } from '../event-log/event-log.js';
import type { CommitHistory, HistoryPage } from '../store/commit-history.js';
import type { DeliveryPosition } from '../store/partition-leases.js';
import type { CommitPosition } from '../store/presence-store.js';
import { BatchBuilder, MAX_BATCH_EVENTS, type Batch } from './batch.js';
import { cloudEventOf, gapEventOf, kindName, type CloudEvent } from './cloud-event.js';

/** The maximum number of log entries that are checked before other work of the event loop runs. */
const SCAN_LIMIT = 5000;

export interface FeedOptions {
  readonly partition: number;
  readonly log: EventLog;
  /** The commits that are not in the event log any more, or never were. */
  readonly history: CommitHistory;
  /** The attribute `source` of all events. */
  readonly source: string;
  /** The kinds that are delivered. Undefined: all. */
  readonly kinds: ReadonlySet<string> | undefined;
  /** Service time. */
  readonly now: () => number;
  /** Resolves when the event log has everything that was committed before the call. */
  readonly awaitCurrent: () => Promise<void>;
  /** Called for each gap in the events. */
  readonly onGap: () => void;
}

/** The end of the event log when the node could not follow the partition log, the time, and the commit from which it continues. */
interface Reset {
  readonly offset: number;
  readonly at: number;
  readonly seq: number;
}

/**
 * The events of one partition after a position, in batches. It reads the event log of the node when a batch is
 * requested. So it holds no events, however far its receiver lags.
 */
export class PartitionFeed {
  /** The offset in the event log of the next entry to read. Undefined: it has to be found by the position. */
  private offset: number | undefined;
  /** The offset before which the receiver has taken everything. */
  private takenUntil: number;
  /** The position of the last entry that was read. */
  private read: DeliveryPosition | undefined;
  /** Set if the node could not follow the partition log, so that commits are missing in the event log. */
  private reset: Reset | undefined;
  /**
   * The point to continue from if the history does not have the missing commits. Undefined: the beginning of the log.
   */
  private fallback: Reset | undefined;
  /** Whether the store has lost the commit of the position. */
  private isLost = false;

  constructor(
    private readonly options: FeedOptions,
    /** The position up to which the receiver has taken all events. */
    private taken: DeliveryPosition | undefined,
  ) {
    this.read = taken;
    this.takenUntil = options.log.tail;
  }

  /** The position up to which the receiver has taken all events. Undefined: nothing is known. */
  get position(): DeliveryPosition | undefined {
    return this.taken;
  }

  /** Whether the receiver lags so far behind that its events are read from the history. */
  get isBehindLog(): boolean {
    return this.offset === undefined && this.taken !== undefined;
  }

  /** The offset in the event log before which the receiver has taken everything. */
  get offsetTaken(): number {
    return this.takenUntil;
  }

  /** Whether the receiver has still to take an entry of this partition. */
  isPending(entry: LogEntry): boolean {
    return entry.position >= this.takenUntil && this.isWanted(entry);
  }

  /** Records that the event log misses commits of the partition at its current end, and continues from a commit. */
  noteReset({ seq }: CommitPosition): void {
    const { log, now } = this.options;
    if (this.offset !== undefined) this.reset ??= { offset: log.head, at: now(), seq };
  }

  /** Returns the next events. Undefined: there are none. Call `take` before the next call. */
  async next(): Promise<Batch | undefined> {
    const { log, awaitCurrent } = this.options;
    const builder = new BatchBuilder();
    for (;;) {
      // Another node may have delivered commits that this node has not received yet.
      if (this.offset === undefined) await awaitCurrent();
      if (this.offset === undefined || this.offset < log.tail) await this.locate(builder);
      const isUnfinished = this.offset === undefined || this.scan(builder);
      if (!builder.isEmpty) return builder.build(this.read);
      this.skip();
      if (!isUnfinished) return undefined;
      // The log can drop entries in the meantime.
      await nextTurn();
    }
  }

  /** Records that the receiver has taken the last batch. */
  take(): void {
    this.skip();
  }

  /** Moves the position to the last entry that was read. */
  private skip(): void {
    this.taken = this.read;
    this.takenUntil = this.offset ?? this.takenUntil;
  }

  /**
   * Finds the offset by the position. If the log does not reach back to it, reads a page of the history instead. If that does
   * not reach back either, a gap begins the batch.
   */
  private async locate(builder: BatchBuilder): Promise<void> {
    const { log, history, partition } = this.options;
    const position = this.isLost ? undefined : this.read && { partition, ...this.read };
    const offset = position && log.offsetAfter(position);
    if (offset !== undefined) {
      this.offset = offset;
      this.reset = this.fallback = undefined;
      return;
    }
    const page = position && (await history.readAfter(position, MAX_BATCH_EVENTS));
    if (page !== undefined && page.last.seq > position!.seq) this.readPage(builder, page);
    else this.continueAfterGap(builder);
  }

  private readPage(builder: BatchBuilder, { commits, last }: HistoryPage): void {
    const { log, partition } = this.options;
    this.offset = undefined;
    for (const { position, events, user, occurredAt } of commits) {
      const wanted = events.flatMap((event, number) => {
        const { kind } = event.change;
        if (!this.isWanted({ kind })) return [];
        const { userId } = user;
        const commit = { partition, seq: position.seq, mark: position.mark };
        const fragment = log.encode(event);
        return cloudEventOf(this.options.source, {
          ...{ number, kind, userId, occurredAt: event.occurredAt, commit, fragment },
        });
      });
      if (!builder.add(wanted)) return;
      this.read = { seq: position.seq, mark: position.mark, occurredAt };
    }
    this.read = { seq: last.seq, mark: last.mark, occurredAt: this.read!.occurredAt };
  }

  private continueAfterGap(builder: BatchBuilder): void {
    const { log, partition } = this.options;
    const { offset, at } = this.fallback ?? { offset: log.tail, at: this.firstTime() };
    this.offset = Math.max(offset, log.tail);
    this.fallback = undefined;
    this.isLost = false;
    this.addGap(builder, at);
    const { seq, mark } = log.lastCommitBefore(partition, this.offset);
    this.read = { seq, mark, occurredAt: at };
  }

  /** Reads entries until the batch is full or the log ends. Returns whether it stopped earlier, after a long scan. */
  private scan(builder: BatchBuilder): boolean {
    const { log, partition } = this.options;
    for (const stop = this.offset! + SCAN_LIMIT; this.offset! < log.head;) {
      if (this.offset! >= stop) return true;
      if (this.reset !== undefined && this.offset! >= this.reset.offset) {
        // The history may have the commits that the log lacks. If the store has lost commits, later commits can have
        // the same numbers.
        this.isLost = this.read!.seq >= this.reset.seq;
        [this.fallback, this.reset, this.offset] = [this.reset, undefined, undefined];
        return true;
      }
      const entry = log.at(this.offset!)!;
      if (entry.partition !== partition) {
        this.offset!++;
        continue;
      }
      const commit = this.commitAt(entry);
      if (!builder.add(this.eventsOf(commit))) return false;
      this.offset = commit.at(-1)!.position + 1;
      const { seq, mark, occurredAt } = entry;
      this.read = { seq, mark, occurredAt };
    }
    return false;
  }

  /** Returns all entries of a commit, which begins with an entry. */
  private commitAt(first: LogEntry): readonly LogEntry[] {
    const { log } = this.options;
    const entries = [first];
    for (let next = log.at(first.position + 1); next; next = log.at(next.position + 1)) {
      if (next.partition !== first.partition || next.seq !== first.seq) break;
      if (next.userId !== first.userId) break;
      entries.push(next);
    }
    return entries;
  }

  private eventsOf(commit: readonly LogEntry[]): readonly CloudEvent[] {
    const { source } = this.options;
    return commit.flatMap((entry, number) => {
      const { kind, partition, seq, mark, userId, occurredAt, block, start, end } = entry;
      if (kind === undefined || !this.isWanted(entry)) return [];
      return cloudEventOf(source, {
        ...{ number, kind, userId, occurredAt, commit: { partition, seq, mark } },
        fragment: block.subarray(start, end),
      });
    });
  }

  private isWanted({ kind }: Pick<LogEntry, 'kind'>): boolean {
    const { kinds } = this.options;
    return kind !== undefined && (kinds === undefined || kinds.has(kindName(kind)));
  }

  /** Adds an event for the gap between the position and a time. The batch is empty. */
  private addGap(builder: BatchBuilder, to: number): void {
    const { partition, source, onGap } = this.options;
    builder.add([gapEventOf(source, { partition, from: this.read?.occurredAt, to })]);
    onGap();
  }

  /** When the first event that the log still has of the partition occurred. */
  private firstTime(): number {
    const { log, partition, now } = this.options;
    for (let entry = log.at(log.tail); entry; entry = log.at(entry.position + 1))
      if (entry.partition === partition && entry.kind !== undefined) return entry.occurredAt;
    return now();
  }
}
