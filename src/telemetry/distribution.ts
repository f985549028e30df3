/**
 * How often values fell into which range: a histogram as Prometheus knows it. prom-client puts the labels of every value
 * together anew; this is told the place once, and takes in a value without making anything.
 */
export class Distribution {
  /** One for each bound, and one for what lies beyond the last. */
  private readonly counts: Float64Array;
  private total = 0;

  /** `bounds` are the largest values of the ranges, the least first, in the unit of the values. */
  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** All values together. */
  get sum(): number {
    return this.total;
  }

  /** How many values were no larger than each of the bounds, and last how many there were. */
  get cumulative(): readonly number[] {
    let count = 0;
    return Array.from(this.counts, (ofRange) => (count += ofRange));
  }

  /** Takes in a value that came up so many times. */
  add(value: number, times = 1): void {
    const { bounds } = this;
    let range = 0;
    while (range < bounds.length && value > bounds[range]!) range++;
    this.counts[range]! += times;
    this.total += value * times;
  }
}
