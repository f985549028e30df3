import { Allowance, FREE_BYTES, HELD_IN_ALL } from '../connections/allowance.js';

/** Counts what calls make the server hold, as that is counted over gRPC. A connection of HTTP/1.1 has one call at a time. */
export class HeldBytes {
  private readonly all: Allowance;

  /** `max` is for tests. */
  constructor(max = HELD_IN_ALL) {
    this.all = new Allowance(max);
  }

  /** What one call holds, from nothing to all that is left. */
  hold(): Hold {
    return new Hold(this.all);
  }
}

/** The bytes that one call holds. */
export class Hold {
  private counted = 0;

  constructor(private readonly all: Allowance) {}

  /** Holds that many in place of what it held. Whether it may; if not it holds what it held. */
  raiseTo(bytes: number): boolean {
    const needed = Math.max(0, bytes - FREE_BYTES) - this.counted;
    if (needed <= 0) return true;
    if (!this.all.take(needed)) return false;
    this.counted += needed;
    return true;
  }

  release(): void {
    this.all.giveBack(this.counted);
    this.counted = 0;
  }
}
