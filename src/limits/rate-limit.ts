/** Sums of fractions miss by less than this, in milliseconds. */
const ROUNDING = 0.001;

/** How many keys are looked at for each that is written: more than one, so that they cannot pile up. */
const LOOKED_AT = 2;

/**
 * How much may happen in a second, for each of any number of keys, and how much of it in a burst. It is the generic cell
 * rate algorithm in its form of virtual scheduling (ITU-T I.371, annex A): all that is kept of a key is when it will
 * have made up for what it took. That moment passes, and the key is forgotten. Times are milliseconds of a clock that
 * only goes forward.
 */
export class RateLimit {
  /** By key, the one taken from last at the end. */
  private readonly theoreticalArrivalTimes = new Map<string, number>();
  private readonly emissionIntervalMs: number;

  /** `perSecond` of zero is no limit. `burst` is how much may come at once. */
  constructor(
    perSecond: number,
    private readonly burst = 2 * perSecond,
  ) {
    this.emissionIntervalMs = perSecond === 0 ? 0 : 1000 / perSecond;
  }

  /** Whether something of this cost fits into a burst, and so may be taken at any time at all. */
  fits(cost: number): boolean {
    return this.emissionIntervalMs === 0 || cost <= this.burst;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.theoreticalArrivalTimes.size;
  }

  /** Whole milliseconds until the key may take `cost`: zero for now. What costs more than a burst waits for a full one. */
  delay(key: string, cost: number, now: number): number {
    const madeUpAt = this.theoreticalArrivalTimes.get(key);
    if (madeUpAt === undefined || madeUpAt <= now) return 0;
    const spare = (this.burst - Math.min(cost, this.burst)) * this.emissionIntervalMs;
    return Math.max(0, Math.ceil(madeUpAt - spare - now - ROUNDING));
  }

  /** Takes, whether the key may or not: what was not known before it was done is paid for by waiting afterwards. */
  consume(key: string, cost: number, now: number): void {
    if (this.emissionIntervalMs === 0) return;
    const from = Math.max(this.theoreticalArrivalTimes.get(key) ?? now, now);
    // Taken out first, so that it goes to the end of the line.
    this.theoreticalArrivalTimes.delete(key);
    this.theoreticalArrivalTimes.set(key, from + cost * this.emissionIntervalMs);
    this.forget(now);
  }

  /** Takes if the key may. Returns how long it has to wait otherwise, in milliseconds. */
  tryConsume(key: string, cost: number, now: number): number {
    const wait = this.delay(key, cost, now);
    if (wait === 0) this.consume(key, cost, now);
    return wait;
  }

  private forget(now: number): void {
    let looked = 0;
    for (const [key, madeUpAt] of this.theoreticalArrivalTimes) {
      if (madeUpAt > now || looked++ === LOOKED_AT) return;
      this.theoreticalArrivalTimes.delete(key);
    }
  }
}
