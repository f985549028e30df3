/**
 * The cost of an open call in bytes, without its headers and messages. Measured with Node 20: 5 KB of heap for the
 * objects of HTTP/2 and grpc-js, and the memory of nghttp2 outside of the heap.
 */
export const BYTES_PER_CALL = 8 * 1024;

const MB = 1024 * 1024;

/**
 * Returns the byte budget of the node: a quarter of the heap, so that sessions and subscriptions have the rest. With
 * less than 32 MB, large requests of two users would block each other; more than 256 MB is never needed.
 */
export function heldBytesOf(heapBytes: number): number {
  return Math.min(Math.max(heapBytes / 4, 32 * MB), 256 * MB);
}

/**
 * Counts the bytes that calls hold until they are answered, over all connections, for gRPC and HTTP/1.1. When the
 * budget is used up, the call that has waited longest for its peer is ended. A normal peer needs only milliseconds, so
 * peers that keep the server waiting displace each other and do not block normal peers.
 */
export class HeldBytes {
  private held = 0;
  /** The calls that wait for their peers, oldest first. */
  private readonly waiting = new Set<Hold>();

  /** `max` is the budget in bytes. */
  constructor(readonly max: number) {}

  /** The number of held bytes. */
  get size(): number {
    return this.held;
  }

  /**
   * Creates the account of one call, with no bytes at first. `giveUp` ends the call. `connection` is the byte budget of
   * its connection.
   */
  hold(giveUp: () => void, connection?: ByteBudget): Hold {
    return new Hold(this, giveUp, connection);
  }

  /**
   * Counts bytes for a call. Ends waiting calls if it needs their bytes. Returns false and counts nothing if there is
   * not enough room.
   */
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

  /** Adds a call to the calls that wait for their peers, or removes it. */
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

  /** The number of bytes that the call holds. */
  get size(): number {
    return this.counted;
  }

  /** Raises the held bytes to this number. Returns false and changes nothing if a budget does not allow it. */
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

  /** Lowers the held bytes to this number. */
  lowerTo(bytes: number): void {
    const spare = this.counted - bytes;
    if (spare <= 0) return;
    this.connection?.release(spare);
    this.all.giveBack(spare);
    this.counted = bytes;
  }

  /** Marks the call as waiting for its peer. It may be ended when its bytes are needed. */
  wait(): void {
    this.all.setWaiting(this, true);
  }

  /** Marks the call as being served. It will not be ended to free its bytes. */
  serve(): void {
    this.all.setWaiting(this, false);
  }

  /** Releases all bytes of the call. */
  release(): void {
    this.serve();
    this.lowerTo(0);
  }

  /** Ends the call to free its bytes. */
  abandon(): void {
    this.release();
    this.giveUp();
  }
}

/** The number of bytes that the calls of one connection may hold in memory on the server at a time. */
export class ByteBudget {
  private held = 0;

  constructor(private readonly max: number) {}

  /** Reserves the bytes and returns true. Returns false and reserves nothing if they exceed the budget. */
  reserve(bytes: number): boolean {
    if (this.held + bytes > this.max) return false;
    this.held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.held -= bytes;
  }
}
