import { Injectable } from '@nestjs/common';
import { HeapUse } from '../../limits/heap-use.js';
import { HeapLimit } from '../../limits/heap-limit.js';

/** The memory that a long-lived stream uses in bytes, because grpc-js keeps its call. Measured with Node 20. */
const BYTES_PER_STREAM = 8 * 1024;

/** The share of the heap that all such streams may use. */
const SHARE_OF_HEAP = 1 / 16;

/** The maximum number of streams. No deployment needs more, even with a large heap. */
const MOST = 10_000;

/** The limit per connection: one for each service of the health protocol, and as many again. */
const MAX_PER_CONNECTION = 8;

/**
 * Limits the number of streams without a token, to which no limit per user applies. They are health watches of load
 * balancers and of clients.
 */
@Injectable()
export class TokenlessStreams {
  /** The limit for the node. */
  readonly max: number;
  private readonly ofConnection = new WeakMap<object, number>();
  private open = 0;

  constructor(
    heap: HeapUse,
    private readonly limit: HeapLimit,
  ) {
    this.max = Math.min(MOST, Math.floor((heap.maxBytes * SHARE_OF_HEAP) / BYTES_PER_STREAM));
  }

  /** The number of open streams. */
  get size(): number {
    return this.open;
  }

  /** Counts a new stream and returns the function that releases it, or returns the reason why it is rejected. */
  acquire(connection: object): (() => void) | string {
    const ofConnection = this.ofConnection.get(connection) ?? 0;
    if (ofConnection >= MAX_PER_CONNECTION) {
      return `this connection has ${MAX_PER_CONNECTION} streams without a token; close one first`;
    }
    if (this.open >= this.max) {
      return `the server has ${this.max} streams without a token; try again later`;
    }
    if (this.limit.isReached())
      return 'the server is short of memory; try again later, or use another node';
    this.open++;
    this.ofConnection.set(connection, ofConnection + 1);
    return () => {
      this.open--;
      this.ofConnection.set(connection, this.ofConnection.get(connection)! - 1);
    };
  }
}
