import type { TokenSealer } from '../sealed-tokens/token-sealer.js';
import type { CommitPosition } from '../store/presence-store.js';
import { packSeenCommits, unpackSeenCommits, type PartitionOffsets } from './resume-token.js';
import { PartitionIndex, type CommitRef } from './partition-index.js';

/**
 * The events that a resuming reader has received: all before `start`, none from `until` on, and some of those
 * between.
 */
export interface ResumePoint {
  readonly start: number;
  readonly until: number;
  /** For each partition, the last commit that the reader has received. */
  readonly seqs: readonly number[];
}

/**
 * Maps commits to offsets in the event log of this node. The logs of two nodes hold the same commits, but only the
 * commits of one partition are in the same order. A position that is valid on all nodes is therefore described by the
 * last commit of each partition.
 */
export class ResumeIndex {
  private readonly tracks: PartitionIndex[] = [];

  constructor(private readonly seal: TokenSealer) {}

  /**
   * Starts the history of a partition after a commit, or restarts it after the node could not follow the partition
   * log.
   */
  begin({ partition, seq, mark }: CommitPosition, head: number): void {
    const hasPrevious = this.tracks[partition]?.hasEvents ?? false;
    this.tracks[partition] = new PartitionIndex(seq, mark, head, hasPrevious);
  }

  /** Records that the events of a commit occupy the offsets from `start` up to, but not including, `end`. */
  advance({ partition, seq, mark }: CommitPosition, start: number, end: number): void {
    this.tracks[partition]!.add(seq, mark, start, end);
  }

  /** Drops the commits whose events lie before `tail`. */
  dropBefore(tail: number): void {
    for (const track of this.tracks) track.dropBefore(tail);
  }

  /** See `EventLog.offsetAfter`. */
  offsetAfter({ partition, seq, mark }: CommitPosition, head: number): number | undefined {
    const found = this.tracks[partition]?.find(seq);
    return found?.mark === mark ? (found.next ?? head) : undefined;
  }

  /** See `EventLog.completeSince`. */
  completeSince(partition: number): number {
    return this.tracks[partition]!.begin;
  }

  lastBefore(partition: number, position: number): CommitPosition {
    const { seq, mark } = this.tracks[partition]!.lastBefore(position);
    return { partition, seq, mark };
  }

  /** Returns a resume token for a reader that has received everything before an offset. */
  tokenFor(position: number): string {
    const last = this.tracks.map((track) => track.lastReceived(position));
    const seqs = last.map(({ seq }) => seq);
    return this.seal.seal(packSeenCommits({ seqs, checksum: checkOf(last) }));
  }

  /**
   * Returns the point from which the bearer of a token continues. Undefined if the log has dropped events that the
   * bearer has not received, if the store has lost commits that the bearer has received, or if the token cannot be
   * decrypted.
   */
  find(token: string, tail: number, head: number): ResumePoint | undefined {
    const point = this.open(token);
    if (point === undefined) return undefined;
    const seen: readonly (CommitRef | undefined)[] = this.tracks.map((track, partition) =>
      track.find(point.seqs[partition]!),
    );
    if (!areAllKnown(seen) || checkOf(seen) !== point.checksum) return undefined;
    const nexts = seen.map(({ next }) => next ?? head);
    const start = Math.min(...nexts);
    if (start < tail) return undefined;
    return { start, until: Math.max(...nexts), seqs: point.seqs };
  }

  /** Decrypts a token. Undefined: it cannot be decrypted. */
  open(token: string): PartitionOffsets | undefined {
    const content = this.seal.open(token);
    const offsets = content && unpackSeenCommits(content);
    return offsets?.seqs.length === this.tracks.length ? offsets : undefined;
  }

  /** Returns a resume token for a reader that has received everything up to a position in each partition. */
  sealed(positions: readonly CommitPosition[]): string {
    const seqs = positions.map(({ seq }) => seq);
    return this.seal.seal(packSeenCommits({ seqs, checksum: checkOf(positions) }));
  }

  /** Returns the position after a commit. Undefined: the index does not hold the commit. */
  positionOf(partition: number, seq: number): CommitPosition | undefined {
    const mark = this.tracks[partition]?.find(seq)?.mark;
    return mark === undefined ? undefined : { partition, seq, mark };
  }
}

function areAllKnown(seen: readonly (CommitRef | undefined)[]): seen is readonly CommitRef[] {
  return !seen.includes(undefined);
}

/**
 * Returns a checksum of the commits, including their marks: sequence numbers alone could be reused for other commits
 * after a data loss. It uses the mixing steps of the MurmurHash3 finaliser.
 */
export function checkOf(commits: readonly Pick<CommitRef, 'seq' | 'mark'>[]): number {
  let digest = 0;
  for (const { seq, mark } of commits) {
    digest = Math.imul(digest ^ seq ^ Math.imul(mark, 0x9e3779b1), 0x85ebca6b);
    digest ^= digest >>> 13;
  }
  return digest >>> 0;
}
