/**
 * The cost of an open call in bytes, without its headers and messages. Measured with Node 20: 5 KB of heap for the
 * objects of HTTP/2 and of the call, and the memory of nghttp2 outside of the heap.
 */
export const BYTES_PER_CALL = 8 * 1024;

const MB = 1024 * 1024;

/**
 * Returns the byte budget of the node: a quarter of the heap, so that sessions and subscriptions have the rest. With
 * less than 32 MB, large requests of two users would block each other; more than 256 MB is never needed.
 */
export function callMemoryOf(heapBytes: number): number {
  return Math.min(Math.max(heapBytes / 4, 32 * MB), 256 * MB);
}

/**
 * Only small calls may use this part of the budget. Calls that are served are not ended, and several large ones could
 * otherwise fill the budget.
 */
const RESERVED_FOR_SMALL = 1 / 8;

/** The number of calls that one search for a call to end examines. It bounds the time that a new call can cost. */
const EXAMINED_PER_SEARCH = 512;

/**
 * Counts the bytes that calls hold until they are answered, over all connections, for gRPC and HTTP/1.1. When the
 * budget is used up, the call that has waited longest for its peer is ended, except that small calls are not ended for
 * larger ones. A call is small if its connection holds less than half of what connections hold on average. All small
 * calls together hold less than half of the bytes, so the exception protects no attack. A normal peer needs only
 * milliseconds, so peers that keep the server waiting displace each other and do not block normal peers.
 */
export class CallMemory {
  private held = 0;
  /** The number of connections that hold bytes. */
  private holders = 0;
  /**
   * The calls that wait for their peers are the calls of both sets. `examined` has the older ones, which were small when
   * a search examined them. Each set has its oldest call first.
   */
  private examined = new Set<CallAccount>();
  private unexamined = new Set<CallAccount>();

  /** `max` is the budget in bytes. */
  constructor(readonly max: number) {}

  /** The number of held bytes. */
  get size(): number {
    return this.held;
  }

  /**
   * Creates the account of one call, with no bytes at first. `giveUp` ends the call. `connection` is the byte budget of
   * its connection. A call over HTTP/1.1 needs none, because it is the only one on its connection.
   */
  open(giveUp: () => void, connection = new ByteBudget(Infinity)): CallAccount {
    return new CallAccount(this, giveUp, connection);
  }

  /**
   * Counts bytes for a call. Ends waiting calls if it needs their bytes. Returns false and counts nothing if there is
   * not enough room.
   */
  take(bytes: number, taker: CallAccount): boolean {
    if (!taker.connection.reserve(bytes)) return false;
    if (taker.connection.size === bytes) this.holders++;
    this.held += bytes;
    if (this.makeRoom(taker)) return true;
    this.giveBack(bytes, taker);
    return false;
  }

  giveBack(bytes: number, { connection }: CallAccount): void {
    connection.release(bytes);
    if (connection.size === 0) this.holders--;
    this.held -= bytes;
  }

  /** Adds a call to the calls that wait for their peers, or removes it. */
  setWaiting(account: CallAccount, isWaiting: boolean): void {
    if (!isWaiting) {
      this.examined.delete(account);
      this.unexamined.delete(account);
    } else if (!this.examined.has(account)) this.unexamined.add(account);
  }

  /** Ends waiting calls until the bytes fit that the taker already counts. Returns whether they fit. */
  private makeRoom(taker: CallAccount): boolean {
    const limit = this.max * (1 - RESERVED_FOR_SMALL);
    if (this.held <= limit) return true;
    const isSmall = this.isSmall(taker);
    while (this.held > (isSmall ? this.max : limit)) {
      const ended = this.findLarge(taker) ?? (isSmall ? this.findOldest(taker) : undefined);
      if (ended === undefined) return false;
      ended.abandon();
    }
    return true;
  }

  private isSmall({ connection }: CallAccount): boolean {
    return connection.size < this.held / this.holders / 2;
  }

  /** Finds the waiting call that is not small and has waited longest. It continues where the last search ended. */
  private findLarge(taker: CallAccount): CallAccount | undefined {
    let left = EXAMINED_PER_SEARCH;
    for (const account of this.unexamined) {
      if (account !== taker && !this.isSmall(account)) return account;
      if (left-- === 0) return undefined;
      this.unexamined.delete(account);
      this.examined.add(account);
    }
    [this.unexamined, this.examined] = [this.examined, this.unexamined];
    return undefined;
  }

  private findOldest(taker: CallAccount): CallAccount | undefined {
    for (const accounts of [this.examined, this.unexamined]) {
      for (const account of accounts) if (account !== taker) return account;
    }
    return undefined;
  }
}

/** The bytes that one call holds. */
export class CallAccount {
  private counted = 0;

  constructor(
    private readonly all: CallMemory,
    private readonly giveUp: () => void,
    readonly connection: ByteBudget,
  ) {}

  /** The number of bytes that the call holds. */
  get size(): number {
    return this.counted;
  }

  /** Raises the held bytes to this number. Returns false and changes nothing if a budget does not allow it. */
  raiseTo(bytes: number): boolean {
    const needed = bytes - this.counted;
    if (needed <= 0) return true;
    if (!this.all.take(needed, this)) return false;
    this.counted += needed;
    return true;
  }

  /** Lowers the held bytes to this number. */
  lowerTo(bytes: number): void {
    const spare = this.counted - bytes;
    if (spare <= 0) return;
    this.all.giveBack(spare, this);
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

  /** The number of held bytes. */
  get size(): number {
    return this.held;
  }

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
