import TinyQueue from 'tinyqueue';

/**
 * Marks a timer that was cancelled but may still be in the heap. A number, because a number field is updated in place,
 * and a field set to `undefined` is not.
 */
const CANCELLED = Infinity;

/** The due time of a key. The caller keeps it and passes it to the next call of `set`. */
export interface Timer {
  readonly key: string;
  dueAt: number;
  /** The time by which the heap orders the timer: `dueAt` or earlier. */
  queuedAt: number;
}

/**
 * Keys ordered by due time. Moving a due time to later, which every activity does, costs one write: the timer stays in
 * the heap and is queued again when it comes up too early. The cost of `take` depends only on the number of due timers.
 */
export class DeadlineQueue {
  private heap = newHeap([]);
  private wanted = 0;

  /**
   * Sets the due time of a key. `before` is the result of the previous call for that key. Undefined `dueAt` cancels it.
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

  /** Removes and returns at most `limit` due keys, the earliest first. */
  take(now: number, limit: number): readonly string[] {
    const due: string[] = [];
    for (let next = this.heap.peek(); next && next.queuedAt <= now && due.length < limit;) {
      this.heap.pop();
      if (next.dueAt <= next.queuedAt) {
        due.push(next.key);
        this.drop(next);
      } else if (next.dueAt !== CANCELLED) {
        // A timer that was moved to later is queued again.
        next.queuedAt = next.dueAt;
        this.heap.push(next);
      }
      next = this.heap.peek();
    }
    return due;
  }

  /** The number of keys with a due time. */
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

  /** Rebuilds the heap when most entries are cancelled, so that the number of keys limits its size. */
  private compact(): void {
    if (this.heap.length <= 2 * this.wanted + 64) return;
    this.heap = newHeap(this.heap.data.filter(({ dueAt }) => dueAt !== CANCELLED));
  }
}

function newHeap(alarms: Timer[]): TinyQueue<Timer> {
  return new TinyQueue(alarms, (a, b) => a.queuedAt - b.queuedAt);
}
