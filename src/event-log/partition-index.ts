/** The number of unused commits to keep before the arrays are compacted. */
const SLACK = 1024;

/**
 * A commit, and the offset in the event log at which the events of the following commit begin. Undefined if none
 * follows yet.
 */
export interface CommitRef {
  readonly seq: number;
  readonly mark: number;
  readonly next: number | undefined;
}

/** The last commit of a reader that may have missed others. No index finds it. */
const UNKNOWN_COMMIT: CommitRef = { seq: 0, mark: -1, next: undefined };

/**
 * The commits of a partition that have events, in order. The data is stored in arrays of numbers, because one object
 * per commit would be extra work for the garbage collector. When events are dropped, the last commit before the tail
 * stays in the index: a reader that has received it has missed nothing.
 */
export class PartitionIndex {
  private readonly seqs: number[];
  private readonly marks: number[];
  private readonly starts: number[];
  private readonly ends: number[];
  private first = 0;

  /**
   * Starts directly after the commit `seq`, at an offset in the event log. `hasPrevious`: the event log has events of this
   * partition before that offset, which do not lead to the commit.
   */
  constructor(
    seq: number,
    mark: number,
    position: number,
    private readonly hasPrevious: boolean,
  ) {
    this.seqs = [seq];
    this.marks = [mark];
    this.starts = [position];
    this.ends = [position];
  }

  add(seq: number, mark: number, start: number, end: number): void {
    const last = this.seqs.length - 1;
    // A node that discovers changes later reports them with the commit that it had already reached.
    if (this.seqs[last] === seq) {
      this.ends[last] = end;
      return;
    }
    this.seqs.push(seq);
    this.marks.push(mark);
    this.starts.push(start);
    this.ends.push(end);
  }

  /** Whether the event log has had events of this partition. */
  get hasEvents(): boolean {
    return this.hasPrevious || this.ends.at(-1)! > this.starts[0]!;
  }

  /** Returns the last commit of a reader at an offset, which has missed nothing before that commit. */
  lastReceived(position: number): CommitRef {
    const mayMiss = this.hasPrevious && position < this.ends[this.first]!;
    return mayMiss ? UNKNOWN_COMMIT : this.lastBefore(position);
  }

  /** Returns the last commit whose events all lie before an offset. */
  lastBefore(position: number): CommitRef {
    const after = this.search(this.ends, position + 1);
    return this.known(Math.max(after - 1, this.first));
  }

  find(seq: number): CommitRef | undefined {
    const index = this.search(this.seqs, seq);
    return this.seqs[index] === seq ? this.known(index) : undefined;
  }

  /** The first offset from which on the event log has every commit after the first one of the index. */
  get begin(): number {
    return this.starts[this.first]!;
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

  /** Returns the index of the first number in a column that is not less than `value`. */
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
