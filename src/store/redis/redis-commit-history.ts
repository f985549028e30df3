import { CommitHistory, type HistoricCommit, type HistoryPage } from '../commit-history.js';
import type { CommitPosition } from '../presence-store.js';
import { commitPosition, isSamePosition, type Batch, type LoggedCommit } from './log-batch.js';
import type { Partition } from './partition.js';
import { UnreadableRecord } from './record-fields.js';
import { withinTimeout } from './redis-health.js';
import type { RedisClient } from './redis-client.js';

/**
 * The maximum number of commits in a page, apart from the rest of its last batch. A page is decoded in one slice of the event
 * loop, which takes about a millisecond.
 */
export const MAX_PAGE_COMMITS = 256;

const MAX_PAGE_BYTES = 256 * 1024;

/** The commits in the partition logs. */
export class RedisCommitHistory extends CommitHistory {
  constructor(
    private readonly port: RedisClient,
    private readonly partitions: readonly Partition[],
    private readonly timeoutMs: number,
  ) {
    super();
  }

  async readAfter(
    position: CommitPosition,
    limit: number,
    acrossRepairs = false,
  ): Promise<HistoryPage | undefined> {
    const partition = this.partitions[position.partition];
    if (partition === undefined) return undefined;
    const size = { commits: Math.min(limit, MAX_PAGE_COMMITS), bytes: MAX_PAGE_BYTES };
    const read = await this.read(partition, position.seq, size);
    if (read === undefined) return undefined;
    // Checked after the read, because a node learns later than Redis that data was lost.
    if (!acrossRepairs && !this.isContinuousFrom(position)) return undefined;
    const found = positionIn(position.partition, position.seq, read);
    if (found?.mark !== position.mark) return undefined;
    return pageAfter(position, read.batches, acrossRepairs);
  }

  isContinuousFrom({ partition, seq }: CommitPosition): boolean {
    return this.partitions[partition]?.replica.isContinuousFrom(seq) ?? false;
  }

  async readOldest(index: number, limit: number): Promise<HistoryPage | undefined> {
    const partition = this.partitions[index];
    if (partition === undefined) return undefined;
    const size = { commits: Math.min(limit, MAX_PAGE_COMMITS), bytes: MAX_PAGE_BYTES };
    const read = await this.read(partition, undefined, size);
    if (read === undefined) return undefined;
    const { head, since, batches } = read;
    const first = batches[0];
    const start =
      first === undefined ? head : first.after.seq === since ? first.after : first.before;
    return pageAfter(commitPosition(index, start), batches, true);
  }

  async positionOf(index: number, seq: number): Promise<CommitPosition | undefined> {
    const partition = this.partitions[index];
    if (partition === undefined) return undefined;
    const read = await this.read(partition, seq, { commits: 1, bytes: 1 });
    return read && positionIn(index, seq, read);
  }

  private read(
    { keys }: Partition,
    seq: number | undefined,
    size: LogSize,
  ): Promise<LogRead | undefined> {
    return withinTimeout(this.timeoutMs, this.port.logFrom(keys, seq, size));
  }
}

type LogSize = Parameters<RedisClient['logFrom']>[2];
type LogRead = NonNullable<Awaited<ReturnType<RedisClient['logFrom']>>>;

/** Returns a position that the head or the first of these batches names. */
function positionIn(
  partition: number,
  seq: number,
  { head, since, batches: [first] }: LogRead,
): CommitPosition | undefined {
  if (seq < since) return undefined;
  if (first === undefined) return head.seq === seq ? commitPosition(partition, head) : undefined;
  const { before, after } = first;
  if (before.seq === seq) return commitPosition(partition, before);
  return before.seq < seq && seq <= after.seq
    ? commitPosition(partition, { ...after, seq })
    : undefined;
}

/** Returns the commits of the batches after a position, as far as the batches follow one another and can be decoded. */
function pageAfter(
  start: CommitPosition,
  batches: readonly Batch[],
  acrossRepairs: boolean,
): HistoryPage | undefined {
  const commits: HistoricCommit[] = [];
  let last = start;
  let previous: Batch | undefined;
  for (const batch of batches) {
    const isNext = previous === undefined || isSamePosition(batch.before, previous.after);
    previous = batch;
    if (batch.after.seq === start.seq) continue;
    const entries = isNext ? entriesOf(batch, acrossRepairs) : undefined;
    // The next page is undefined then, because nothing of it can be read.
    if (entries === undefined) return last === start ? undefined : { commits, last };
    commits.push(...historicCommits(start, batch, entries));
    last = commitPosition(start.partition, batch.after);
  }
  return { commits, last };
}

/** Undefined: the commits cannot be decoded, are incomplete, or do not follow from the commits before them. */
function entriesOf(batch: Batch, acrossRepairs: boolean): readonly LoggedCommit[] | undefined {
  // A node of an older version does not mark the commits with which it writes users back.
  if (batch.loggedAt === undefined || batch.isLossMark) return undefined;
  try {
    const entries = batch.entries();
    return !acrossRepairs && entries.some(({ isRepair }) => isRepair) ? undefined : entries;
  } catch (error) {
    if (error instanceof UnreadableRecord) return undefined;
    throw error;
  }
}

function* historicCommits(
  { partition, seq }: CommitPosition,
  { before, after }: Batch,
  entries: readonly LoggedCommit[],
): Generator<HistoricCommit> {
  for (const [nth, { user, events, occurredAt, cause }] of entries.entries()) {
    const position = commitPosition(partition, { ...after, seq: before.seq + nth + 1 });
    // Without a time, no viewer sees a difference.
    if (position.seq <= seq || occurredAt === undefined) continue;
    yield { position, events, user, occurredAt, cause };
  }
}
