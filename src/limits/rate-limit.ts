/** The rounding error of sums of fractions is smaller than this, in milliseconds. */
const ROUNDING = 0.001;

/** How many keys are checked for removal on each write: more than one, so that keys cannot accumulate. */
const CHECKED_PER_CALL = 2;

/**
 * A rate limit with a burst, for any number of keys. It is the generic cell rate algorithm (GCRA) as virtual scheduling
 * (ITU-T I.371, annex A): per key it stores only the theoretical arrival time, and removes the key after that time. All
 * times are milliseconds of a monotonic clock.
 */
export class RateLimit {
  /** By key. The key that was written last is at the end. */
  private readonly theoreticalArrivalTimes = new Map<string, number>();
  private readonly emissionIntervalMs: number;

  /** `perSecond` of zero means no limit. `burst` is the cost that is allowed at once. */
  constructor(
    perSecond: number,
    private readonly burst = 2 * perSecond,
  ) {
    this.emissionIntervalMs = perSecond === 0 ? 0 : 1000 / perSecond;
  }

  /** Whether a cost fits into a burst. `delay` treats a larger cost like a full burst. */
  fits(cost: number): boolean {
    return this.emissionIntervalMs === 0 || cost <= this.burst;
  }

  /** The number of keys in memory. */
  get size(): number {
    return this.theoreticalArrivalTimes.size;
  }

  /**
   * Returns after how many milliseconds, rounded up, the key may use `cost`. Zero: now. A cost above the burst waits
   * until the full burst is available.
   */
  delay(key: string, cost: number, now: number): number {
    const arrivalTime = this.theoreticalArrivalTimes.get(key);
    if (arrivalTime === undefined || arrivalTime <= now) return 0;
    const spare = (this.burst - Math.min(cost, this.burst)) * this.emissionIntervalMs;
    return Math.max(0, Math.ceil(arrivalTime - spare - now - ROUNDING));
  }

  /** Uses `cost` even if it exceeds the limit: if a cost is known only after the work, the next calls wait for it. */
  consume(key: string, cost: number, now: number): void {
    if (this.emissionIntervalMs === 0) return;
    const from = Math.max(this.theoreticalArrivalTimes.get(key) ?? now, now);
    // Deleted first, so that the key moves to the end of the map.
    this.theoreticalArrivalTimes.delete(key);
    this.theoreticalArrivalTimes.set(key, from + cost * this.emissionIntervalMs);
    this.forget(now);
  }

  /**
   * Uses `cost` if the limit allows it and returns zero. Otherwise returns how long the key has to wait, in
   * milliseconds.
   */
  tryConsume(key: string, cost: number, now: number): number {
    const wait = this.delay(key, cost, now);
    if (wait === 0) this.consume(key, cost, now);
    return wait;
  }

  private forget(now: number): void {
    let checked = 0;
    for (const [key, arrivalTime] of this.theoreticalArrivalTimes) {
      if (arrivalTime > now || checked++ === CHECKED_PER_CALL) return;
      this.theoreticalArrivalTimes.delete(key);
    }
  }
}
