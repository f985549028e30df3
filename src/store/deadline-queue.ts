import TinyQueue from 'tinyqueue';

/** No longer wanted, but perhaps still in the heap. A number, since one is changed in place and `undefined` is not. */
const CANCELLED = Infinity;

/** When a key is due. Whoever sets it keeps it for the next time. */
export interface Timer {
  readonly key: string;
  dueAt: number;
  /** The place it has in the heap: `dueAt` or earlier. */
  queuedAt: number;
}

/**
 * Keys with the time each is due. Putting a due time off, which every activity does, costs one write: the alarm stays
 * where it is in the heap and is put back when it comes up too early. Looking for what is due costs what is due.
 */
export class DeadlineQueue {
  private heap = newHeap([]);
  private wanted = 0;

  /**
   * Sets when a key is due, instead of `before`: what was returned for it the last time. Undefined: not any more.
   */
  set(key: string, dueAt: number | undefined, before: Timer | undefined): Timer | undefined {
    if (before !== undefined && before.dueAt !== CANCELLED) {
      if (dueAt !== undefined && dueAt >= before.queuedAt) {
        before.dueAt = dueAt;
        return before;
      }
      this.drop(before);
    }
    return dueAt === undefined ? undefined : this.enqueue({ key, dueAt, queuedAt: dueAt });
  }

  /** Takes out the keys that are due, the earliest first, at most `limit`. */
  take(now: number, limit: number): readonly string[] {
    const due: string[] = [];
    for (let next = this.heap.peek(); next && next.queuedAt <= now && due.length < limit;) {
      this.heap.pop();
      if (next.dueAt <= next.queuedAt) {
        due.push(next.key);
        this.drop(next);
      } else if (next.dueAt !== CANCELLED) {
        // One that was put off comes up again in its turn.
        next.queuedAt = next.dueAt;
        this.heap.push(next);
      }
      next = this.heap.peek();
    }
    return due;
  }

  /** How many keys have a due time. */
  get size(): number {
    return this.wanted;
  }

  private enqueue(alarm: Timer): Timer {
    this.wanted++;
    this.heap.push(alarm);
    return alarm;
  }

  private drop(alarm: Timer): void {
    alarm.dueAt = CANCELLED;
    this.wanted--;
    this.compact();
  }

  /** Rebuilds the heap when most of it is left-overs, so that it is bounded by the keys. */
  private compact(): void {
    if (this.heap.length <= 2 * this.wanted + 64) return;
    this.heap = newHeap(this.heap.data.filter(({ dueAt }) => dueAt !== CANCELLED));
  }
}

function newHeap(alarms: Timer[]): TinyQueue<Timer> {
  return new TinyQueue(alarms, (a, b) => a.queuedAt - b.queuedAt);
}
