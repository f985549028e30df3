import TinyQueue from 'tinyqueue';

interface Alarm {
  readonly key: string;
  /** When the key is due. Undefined: it no longer is. */
  dueAt: number | undefined;
  /** The earliest time at which the alarm stands in the heap. */
  queuedAt: number;
}

interface Queued {
  readonly alarm: Alarm;
  readonly at: number;
}

/**
 * Keys with the time each is due. Putting a due time off, which every activity does, costs one write: the alarm stays
 * where it is in the heap and is put back when it comes up too early. Looking for what is due costs what is due.
 */
export class DueQueue {
  private readonly alarms = new Map<string, Alarm>();
  private heap = newHeap([]);

  /** Sets when a key is due, instead of before. Undefined: not any more. */
  set(key: string, dueAt: number | undefined): void {
    const alarm = this.alarms.get(key);
    if (dueAt === undefined) {
      if (alarm !== undefined) this.remove(alarm);
    } else if (alarm === undefined) {
      this.enqueue({ key, dueAt, queuedAt: dueAt });
    } else {
      alarm.dueAt = dueAt;
      if (dueAt < alarm.queuedAt) this.push(alarm, dueAt);
    }
  }

  /** Takes out the keys that are due, the earliest first, at most `limit`. */
  take(now: number, limit: number): readonly string[] {
    const due: string[] = [];
    for (let next = this.heap.peek(); next && next.at <= now && due.length < limit;) {
      this.heap.pop();
      const { alarm, at } = next;
      if (alarm.dueAt !== undefined && at === alarm.queuedAt) {
        // One that was put off comes up again in its turn.
        if (alarm.dueAt > at) {
          this.push(alarm, alarm.dueAt);
        } else {
          this.remove(alarm);
          due.push(alarm.key);
        }
      }
      next = this.heap.peek();
    }
    return due;
  }

  /** How many keys have a due time. */
  get size(): number {
    return this.alarms.size;
  }

  private enqueue(alarm: Alarm): void {
    this.alarms.set(alarm.key, alarm);
    this.push(alarm, alarm.queuedAt);
  }

  private push(alarm: Alarm, at: number): void {
    alarm.queuedAt = at;
    this.heap.push({ alarm, at });
    this.sweepOut();
  }

  private remove(alarm: Alarm): void {
    alarm.dueAt = undefined;
    this.alarms.delete(alarm.key);
    this.sweepOut();
  }

  /** Rebuilds the heap when most of it is left-overs, so that it is bounded by the keys. */
  private sweepOut(): void {
    if (this.heap.length <= 2 * this.alarms.size + 64) return;
    this.heap = newHeap([...this.alarms.values()].map((alarm) => ({ alarm, at: alarm.queuedAt })));
  }
}

function newHeap(items: Queued[]): TinyQueue<Queued> {
  return new TinyQueue(items, (a, b) => a.at - b.at);
}
