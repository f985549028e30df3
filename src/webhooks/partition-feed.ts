import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogEntry } from '../event-log/entry.js';
import type { EventLog } from '../event-log/event-log.js';
import type { DeliveryPosition } from '../store/partition-leases.js';
import { BatchBuilder, type Batch } from './batch.js';
import { cloudEventOf, gapEventOf, kindName, type CloudEvent } from './cloud-event.js';

/** The maximum number of log entries that are checked before other work of the event loop runs. */
const SCAN_LIMIT = 5000;

export interface FeedOptions {
  readonly partition: number;
  readonly log: EventLog;
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
 * The events of one partition, in batches, from a position on. It reads the event log of the node when a batch is wanted, so
 * it holds no events, however far its receiver lags.
 */
export class PartitionFeed {
  /** The offset in the event log of the next entry to read. Undefined: it has to be found by the position. */
  private offset: number | undefined;
  /** The offset before which the receiver has taken everything. */
  private takenUntil: number;
  /** The position of the last entry that was read. */
  private read: DeliveryPosition | undefined;
  /** Where the node could not follow the partition log, so that commits are missing in the event log. */
  private reset: { readonly offset: number; readonly at: number } | undefined;

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

  /** The offset in the event log before which the receiver has taken everything. */
  get offsetTaken(): number {
    return this.takenUntil;
  }

  /** Whether the receiver has still to take an entry of this partition. */
  isPending(entry: LogEntry): boolean {
    return entry.position >= this.takenUntil && this.isWanted(entry);
  }

  /** Records that the event log misses commits of the partition from its current end on. */
  noteReset(): void {
    const { log, now } = this.options;
    if (this.offset !== undefined) this.reset ??= { offset: log.head, at: now() };
  }

  /** Returns the next events. Undefined: there are none. Call `take` before the next call. */
  async next(): Promise<Batch | undefined> {
    const { log, awaitCurrent } = this.options;
    const builder = new BatchBuilder();
    for (;;) {
      // Another node may have delivered commits that this node has not received yet.
      if (this.offset === undefined) await awaitCurrent();
      if (this.offset === undefined || this.offset < log.tail) this.locate(builder);
      const isUnfinished = this.scan(builder);
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

  /** Finds the offset by the position. If the log does not reach back to it, a gap begins the batch. */
  private locate(builder: BatchBuilder): void {
    const { log, partition } = this.options;
    const offset = this.read && log.offsetAfter({ partition, ...this.read });
    if (offset !== undefined) {
      [this.offset, this.reset] = [offset, undefined];
      return;
    }
    this.offset = log.tail;
    this.addGap(builder, this.firstTime());
    const { seq, mark } = log.lastCommitBefore(partition, this.offset);
    this.read = { seq, mark, occurredAt: this.firstTime() };
  }

  /** Reads entries until the batch is full or the log ends. Returns whether it stopped earlier, after a long scan. */
  private scan(builder: BatchBuilder): boolean {
    const { log, partition } = this.options;
    for (const stop = this.offset! + SCAN_LIMIT; this.offset! < log.head;) {
      if (this.offset! >= stop) return true;
      if (this.reset !== undefined && this.offset! >= this.reset.offset) {
        if (!this.addGap(builder, this.reset.at)) return false;
        this.reset = undefined;
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

  private isWanted({ kind }: LogEntry): boolean {
    const { kinds } = this.options;
    return kind !== undefined && (kinds === undefined || kinds.has(kindName(kind)));
  }

  /** Adds an event for the gap between the position and a time. Returns false if the batch has no room for it. */
  private addGap(builder: BatchBuilder, to: number): boolean {
    const { partition, source, onGap } = this.options;
    const isAdded = builder.add([
      gapEventOf(source, { partition, from: this.read?.occurredAt, to }),
    ]);
    if (isAdded) onGap();
    return isAdded;
  }

  /** When the first event that the log still has of the partition occurred. */
  private firstTime(): number {
    const { log, partition, now } = this.options;
    for (let entry = log.at(log.tail); entry; entry = log.at(entry.position + 1))
      if (entry.partition === partition && entry.kind !== undefined) return entry.occurredAt;
    return now();
  }
}
