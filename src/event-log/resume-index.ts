import type { TokenSealer } from '../sealed-tokens/token-sealer.js';
import type { CommitPosition } from '../store/presence-store.js';
import { packSeenCommits, unpackSeenCommits } from './resume-token.js';
import { PartitionIndex, type CommitRef } from './partition-index.js';

/** What a reader who resumes has seen: nothing before `start` is new to it, everything from `until` on is. */
export interface ResumePoint {
  readonly start: number;
  readonly until: number;
  /** The last commit it has seen of each partition. */
  readonly seqs: readonly number[];
}

/**
 * Which commits lie where in the log of this node. The logs of two nodes hold the same commits in another order, but
 * for those of one partition: so a place that holds on all of them is named by the last commit of each partition.
 */
export class ResumeIndex {
  private readonly tracks: PartitionIndex[] = [];

  constructor(private readonly seal: TokenSealer) {}

  /** The history of a partition begins behind a commit, or begins anew after it could not be followed. */
  begin({ partition, seq, mark }: CommitPosition, head: number): void {
    this.tracks[partition] = new PartitionIndex(seq, mark, head);
  }

  /** The events of a commit lie from `start` to before `end`. */
  advance({ partition, seq, mark }: CommitPosition, start: number, end: number): void {
    this.tracks[partition]!.add(seq, mark, start, end);
  }

  /** What lies before `tail` has been dropped. */
  dropBefore(tail: number): void {
    for (const track of this.tracks) track.dropBefore(tail);
  }

  /** A resume token for those who have read everything before a position. */
  tokenFor(position: number): string {
    const last = this.tracks.map((track) => track.lastBefore(position));
    const seqs = last.map(({ seq }) => seq);
    return this.seal.seal(packSeenCommits({ seqs, checksum: checkOf(last) }));
  }

  /**
   * Where the bearer of a token goes on. Undefined: some of what it has not seen is gone, or what it has seen was lost
   * and is no more, or what it bears does not open.
   */
  find(token: string, tail: number, head: number): ResumePoint | undefined {
    const content = this.seal.open(token);
    if (content === undefined) return undefined;
    const point = unpackSeenCommits(content);
    if (point.seqs.length !== this.tracks.length) return undefined;
    const seen: readonly (CommitRef | undefined)[] = this.tracks.map((track, partition) =>
      track.find(point.seqs[partition]!),
    );
    if (!areAllKnown(seen) || checkOf(seen) !== point.checksum) return undefined;
    const nexts = seen.map(({ next }) => next ?? head);
    const start = Math.min(...nexts);
    if (start < tail) return undefined;
    return { start, until: Math.max(...nexts), seqs: point.seqs };
  }
}

function areAllKnown(seen: readonly (CommitRef | undefined)[]): seen is readonly CommitRef[] {
  return !seen.includes(undefined);
}

/** A digest of the commits themselves, which numbers alone are not. Mixed as the finaliser of MurmurHash3 does. */
function checkOf(commits: readonly CommitRef[]): number {
  let digest = 0;
  for (const { seq, mark } of commits) {
    digest = Math.imul(digest ^ seq ^ Math.imul(mark, 0x9e3779b1), 0x85ebca6b);
    digest ^= digest >>> 13;
  }
  return digest >>> 0;
}
