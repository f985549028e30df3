/** The position of a timer without a due time. */
const NOT_QUEUED = -1;

/** Something with a due time. Only the queue changes these fields. */
export interface Timer {
  /**
   * In milliseconds. `Infinity`: never. A number, because a number field is updated in place, and a field set to
   * `undefined` is not.
   */
  dueAt: number;
  /** Where the timer is in the heap. */
  position: number;
}

/** The fields of a timer that has no due time yet. */
export const NO_DUE_TIME: Readonly<Timer> = { dueAt: Infinity, position: NOT_QUEUED };

/**
 * Timers ordered by due time. Moving a due time to later, which every activity does, costs one write: the timer stays
 * where it is and is moved when it comes up too early. The cost of `take` depends only on the number of due timers.
 *
 * A binary heap of its own: those of libraries do not record positions, so they would need a second object for each
 * timer, which a store with a million users has no room for.
 */
export class DeadlineQueue<T extends Timer> {
  private readonly heap: T[] = [];
  /** The time of each timer in the heap: `dueAt` or earlier. A comparison reads only this array, and not the timers. */
  private readonly times: number[] = [];

  /** Sets the due time of a timer. Undefined: the timer is never due. */
  set(timer: T, dueAt: number | undefined): void {
    const { position } = timer;
    if (dueAt === undefined) {
      if (position !== NOT_QUEUED) this.remove(timer);
      return;
    }
    timer.dueAt = dueAt;
    if (position === NOT_QUEUED) this.put(timer, dueAt, this.size);
    else if (dueAt < this.times[position]!) this.put(timer, dueAt, position);
  }

  /** Removes and returns at most `limit` due timers, the earliest first. */
  take(now: number, limit: number): readonly T[] {
    const due: T[] = [];
    while (this.size > 0 && this.times[0]! <= now && due.length < limit) {
      const first = this.heap[0]!;
      if (first.dueAt > this.times[0]!) {
        this.put(first, first.dueAt, 0);
      } else {
        this.remove(first);
        due.push(first);
      }
    }
    return due;
  }

  /** The number of timers with a due time. */
  get size(): number {
    return this.heap.length;
  }

  private remove(timer: T): void {
    const last = this.heap.pop()!;
    const time = this.times.pop()!;
    if (last !== timer) this.put(last, time, timer.position);
    timer.dueAt = Infinity;
    timer.position = NOT_QUEUED;
  }

  /** Puts a timer at a free position, or moves others there until the position is found that its time requires. */
  private put(timer: T, time: number, free: number): void {
    let at = free;
    for (let up = (at - 1) >> 1; at > 0 && time < this.times[up]!; up = (at - 1) >> 1) {
      this.place(this.heap[up]!, this.times[up]!, at);
      at = up;
    }
    for (let down = this.childOf(at); down < this.size && this.times[down]! < time;) {
      this.place(this.heap[down]!, this.times[down]!, at);
      at = down;
      down = this.childOf(at);
    }
    this.place(timer, time, at);
  }

  /** The earlier of the two timers below this position. */
  private childOf(at: number): number {
    const left = 2 * at + 1;
    const right = left + 1;
    return right < this.size && this.times[right]! < this.times[left]! ? right : left;
  }

  private place(timer: T, time: number, at: number): void {
    this.heap[at] = timer;
    this.times[at] = time;
    timer.position = at;
  }
}
