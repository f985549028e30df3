import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogEntry } from '../event-log/entry.js';
import type { EventLog } from '../event-log/event-log.js';
import type { CommitHistory, HistoryPage } from '../store/commit-history.js';
import type { DeliveryPosition } from '../store/partition-leases.js';
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

/**
 * The events of one partition after a position, in batches. It reads the event log of the node when a batch is
 * requested. So it holds no events, however far its receiver lags.
 */
export class PartitionFeed {
  /** The offset in the event log of the next entry to read. Undefined: it has to be found by the position. */
  private offset: number | undefined;
  /** The offset before which the receiver has accepted all events. */
  private takenUntil: number;
  /** The position of the last entry that was read. */
  private read: DeliveryPosition | undefined;
  /** The offset in the event log at which commits are missing, because the node could not follow the partition log. */
  private resetOffset: number | undefined;
  /** When that was. Undefined: the event log is complete from the position on, or has dropped what is missing. */
  private resetAt: number | undefined;
  /** The number of times that the node could not follow the partition log. */
  private resets = 0;
  /** Whether the history continues after a gap, so that no earlier event is relied on. */
  private isAfterGap = false;
  /** Whether the feed has read the event log before. */
  private hasBegun = false;

  constructor(
    private readonly options: FeedOptions,
    /** The position up to which the receiver has accepted all events. */
    private taken: DeliveryPosition | undefined,
  ) {
    this.read = taken;
    this.takenUntil = options.log.tail;
  }

  /** The position up to which the receiver has accepted all events. Undefined: nothing is known. */
  get position(): DeliveryPosition | undefined {
    return this.taken;
  }

  /** Whether the receiver lags so far behind that its events are read from the history. */
  get isBehindLog(): boolean {
    return this.offset === undefined && this.taken !== undefined;
  }

  /** The offset in the event log before which the receiver has accepted all events. */
  get offsetTaken(): number {
    return this.takenUntil;
  }

  /** Whether the receiver has still to take an entry of this partition. */
  isPending(entry: LogEntry): boolean {
    return entry.position >= this.takenUntil && this.isWanted(entry);
  }

  /** Records that the event log misses commits of the partition at its current end. */
  noteReset(): void {
    const { log, now } = this.options;
    this.resets++;
    this.resetAt = now();
    if (this.offset !== undefined) this.resetOffset ??= log.head;
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

  /** Records that the receiver has accepted the last batch. */
  take(): void {
    this.skip();
  }

  /** Moves the position to the last entry that was read. */
  private skip(): void {
    this.taken = this.read;
    this.takenUntil = this.offset ?? this.takenUntil;
  }

  /**
   * Finds the offset by the position, if the event log holds exactly that commit. Otherwise reads a page of the history. If
   * neither proves that nothing is missing, a gap begins the batch.
   */
  private async locate(builder: BatchBuilder): Promise<void> {
    if (this.isInLog()) return;
    this.offset = this.resetOffset = undefined;
    const { log, history, partition } = this.options;
    const { resets, read } = this;
    const position = read && { partition, ...read };
    const page = position && (await history.readAfter(position, MAX_BATCH_EVENTS, this.isAfterGap));
    if (page === undefined) return this.continueAfterGap(builder);
    if (page.last.seq > position!.seq) return this.readPage(builder, page);
    // The history has no events after the position. The node can have received commits since that read.
    const isNewest = log.lastCommitBefore(partition, Infinity).seq <= position!.seq;
    if (isNewest && this.resets === resets) this.continueAt(log.head);
  }

  /** Continues in the event log if it holds the commit of the position. */
  private isInLog(): boolean {
    const { log, history, partition } = this.options;
    const position = this.read && { partition, ...this.read };
    const offset = position && log.offsetAfter(position);
    if (offset === undefined || offset < log.tail) return false;
    // The node that delivered before may not have known what the store has lost.
    const isProven = this.hasBegun || this.isAfterGap || history.isContinuousFrom(position!);
    if (isProven) this.continueAt(offset);
    return isProven;
  }

  private continueAt(offset: number): void {
    this.offset = offset;
    this.hasBegun = true;
    this.isAfterGap = false;
    this.resetAt = this.resetOffset = undefined;
  }

  private readPage(builder: BatchBuilder, { commits, last }: HistoryPage): void {
    const { log, partition } = this.options;
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
      if (this.isInLog()) return;
    }
    this.read = { seq: last.seq, mark: last.mark, occurredAt: this.read!.occurredAt };
  }

  /**
   * Adds a gap, then continues with the oldest commits that the history has and the receiver has not, because the event log
   * lacks what was committed before this node noticed a loss. If the history has none, or does not continue after the gap
   * before, continues with the oldest of the event log.
   */
  private async continueAfterGap(builder: BatchBuilder): Promise<void> {
    const { log, history, partition, now } = this.options;
    const position = this.read && { partition, ...this.read };
    const page = this.isAfterGap
      ? undefined
      : ((position && (await history.readAfter(position, MAX_BATCH_EVENTS, true))) ??
        (await history.readOldest(partition, MAX_BATCH_EVENTS)));
    const to = this.resetAt ?? (page ? page.commits[0]?.occurredAt : this.firstTime()) ?? now();
    this.addGap(builder, to);
    if (page !== undefined) {
      this.isAfterGap = true;
      this.read = { ...page.last, occurredAt: to };
      return this.readPage(builder, page);
    }
    const offset = log.completeSince(partition);
    const { seq, mark } = log.lastCommitBefore(partition, offset);
    this.read = { seq, mark, occurredAt: to };
    this.continueAt(offset);
  }

  /** Reads entries until the batch is full or the log ends. Returns whether it stopped earlier, after a long scan. */
  private scan(builder: BatchBuilder): boolean {
    const { log, partition } = this.options;
    for (const stop = this.offset! + SCAN_LIMIT; this.offset! < log.head;) {
      if (this.offset! >= stop) return true;
      if (this.offset! === this.resetOffset) {
        // The history may have what the log misses.
        this.resetOffset = this.offset = undefined;
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
    for (
      let entry = log.at(log.completeSince(partition));
      entry;
      entry = log.at(entry.position + 1)
    )
      if (entry.partition === partition && entry.kind !== undefined) return entry.occurredAt;
    return now();
  }
}
