import type { ByteBudget } from './byte-budget.js';

/**
 * What an open call costs beside its headers and its messages, in bytes. Measured with Node 20: 5 KB of heap for the objects
 * of HTTP/2 and grpc-js, and what nghttp2 keeps outside of it.
 */
export const BYTES_PER_CALL = 8 * 1024;

const MB = 1024 * 1024;

/**
 * How many bytes all calls together may hold: a quarter of the heap, so that sessions and subscriptions have the rest.
 * Below 32 MB the large requests of two users would be in each other's way; more than 256 MB is never of use.
 */
export function heldBytesOf(heapBytes: number): number {
  return Math.min(Math.max(heapBytes / 4, 32 * MB), 256 * MB);
}

/**
 * Counts what calls make the server hold until they are answered, over all connections and both ways in. When it is too
 * much, the call that has waited longest for its peer is given up. An honest peer needs milliseconds, so that a crowd of
 * peers that keep the server waiting pushes out itself and keeps nobody else out.
 */
export class HeldBytes {
  private held = 0;
  /** The calls that wait for their peers, the oldest first. */
  private readonly waiting = new Set<Hold>();

  /** `max` is in bytes. */
  constructor(readonly max: number) {}

  /** How many bytes are held. */
  get size(): number {
    return this.held;
  }

  /** What one call holds, nothing at first. `giveUp` ends the call. `connection` is what its connection may hold. */
  hold(giveUp: () => void, connection?: ByteBudget): Hold {
    return new Hold(this, giveUp, connection);
  }

  /** Makes room for bytes of a call, and counts them. Whether there is room. */
  take(bytes: number, taker: Hold): boolean {
    for (const oldest of this.waiting) {
      if (this.held + bytes <= this.max) break;
      if (oldest !== taker) oldest.abandon();
    }
    if (this.held + bytes > this.max) return false;
    this.held += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.held -= bytes;
  }

  /** The peer of a call is waited for from now on, or no more. */
  setWaiting(hold: Hold, isWaiting: boolean): void {
    if (isWaiting) this.waiting.add(hold);
    else this.waiting.delete(hold);
  }
}

/** The bytes that one call holds. */
export class Hold {
  private counted = 0;

  constructor(
    private readonly all: HeldBytes,
    private readonly giveUp: () => void,
    private readonly connection: ByteBudget | undefined,
  ) {}

  /** How many bytes it holds. */
  get size(): number {
    return this.counted;
  }

  /** Holds that many in place of fewer. Whether it may; if not it holds what it held. */
  raiseTo(bytes: number): boolean {
    const needed = bytes - this.counted;
    if (needed <= 0) return true;
    if (this.connection?.reserve(needed) === false) return false;
    if (!this.all.take(needed, this)) {
      this.connection?.release(needed);
      return false;
    }
    this.counted += needed;
    return true;
  }

  /** Holds that many in place of more. */
  lowerTo(bytes: number): void {
    const spare = this.counted - bytes;
    if (spare <= 0) return;
    this.connection?.release(spare);
    this.all.giveBack(spare);
    this.counted = bytes;
  }

  /** The call waits for its peer from now on, and may be given up for it. */
  wait(): void {
    this.all.setWaiting(this, true);
  }

  /** The call is served, and is not given up. */
  serve(): void {
    this.all.setWaiting(this, false);
  }

  /** The call holds nothing any more. */
  release(): void {
    this.serve();
    this.lowerTo(0);
  }

  /** Ends the call for the room that it takes. */
  abandon(): void {
    this.release();
    this.giveUp();
  }
}
