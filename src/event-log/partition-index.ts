/** How many commits that are of no use any more may be kept, before room is made. */
const SLACK = 1024;

/** A commit, and where the events of the one after it begin. Undefined: there is none yet. */
export interface CommitRef {
  readonly seq: number;
  readonly mark: number;
  readonly next: number | undefined;
}

/**
 * The commits of a partition that have events, in order. In arrays of numbers: one object for each would be one more
 * for the collector to carry along. Of those whose events have been dropped the last one is kept, since whoever has
 * seen it has missed nothing.
 */
export class PartitionIndex {
  private readonly seqs: number[];
  private readonly marks: number[];
  private readonly starts: number[];
  private readonly ends: number[];
  private first = 0;

  /** Begins behind a commit, at a position in the log. */
  constructor(seq: number, mark: number, position: number) {
    this.seqs = [seq];
    this.marks = [mark];
    this.starts = [position];
    this.ends = [position];
  }

  add(seq: number, mark: number, start: number, end: number): void {
    const last = this.seqs.length - 1;
    // What a node finds out afterwards is told of at the commit that it had reached.
    if (this.seqs[last] === seq) {
      this.ends[last] = end;
      return;
    }
    this.seqs.push(seq);
    this.marks.push(mark);
    this.starts.push(start);
    this.ends.push(end);
  }

  /** The last commit all of whose events lie before a position. */
  lastBefore(position: number): CommitRef {
    const after = this.search(this.ends, position + 1);
    return this.known(Math.max(after - 1, this.first));
  }

  find(seq: number): CommitRef | undefined {
    const index = this.search(this.seqs, seq);
    return this.seqs[index] === seq ? this.known(index) : undefined;
  }

  dropBefore(tail: number): void {
    while (this.starts[this.first + 1]! < tail) this.first++;
    if (this.first <= SLACK || this.first * 2 < this.seqs.length) return;
    for (const column of [this.seqs, this.marks, this.starts, this.ends]) {
      column.splice(0, this.first);
    }
    this.first = 0;
  }

  private known(index: number): CommitRef {
    return { seq: this.seqs[index]!, mark: this.marks[index]!, next: this.starts[index + 1] };
  }

  /** The index of the first number in a column that is not less than a value. */
  private search(column: readonly number[], value: number): number {
    let low = this.first;
    let high = column.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (column[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
