import { Injectable } from '@nestjs/common';
import { HeapUse } from '../../limits/heap-use.js';
import { HeapLimit } from '../../limits/heap-limit.js';

/** What a stream that is open for long costs, in bytes: grpc-js keeps its call. Measured with Node 20. */
const BYTES_PER_STREAM = 8 * 1024;

/** Which part of the heap such streams may take together. */
const SHARE_OF_HEAP = 1 / 16;

/** Nobody has use for more of them, however large the heap is. */
const MOST = 10_000;

/** How many a connection may have: one for each service of the health protocol, and as many again. */
const MAX_PER_CONNECTION = 8;

/**
 * Bounds the streams that need no token, which no limit of a user holds for: health is watched by any number of load
 * balancers, and by clients that watch it for themselves.
 */
@Injectable()
export class TokenlessStreams {
  /** How many there may be together. */
  readonly max: number;
  private readonly ofConnection = new WeakMap<object, number>();
  private open = 0;

  constructor(
    heap: HeapUse,
    private readonly limit: HeapLimit,
  ) {
    this.max = Math.min(MOST, Math.floor((heap.maxBytes * SHARE_OF_HEAP) / BYTES_PER_STREAM));
  }

  /** How many are open. */
  get size(): number {
    return this.open;
  }

  /** Lets a stream in and returns its way out, or says why it is refused. */
  enter(connection: object): (() => void) | string {
    const ofConnection = this.ofConnection.get(connection) ?? 0;
    if (ofConnection >= MAX_PER_CONNECTION) {
      return `this connection has ${MAX_PER_CONNECTION} streams without a token; close one first`;
    }
    if (this.open >= this.max) {
      return `the server has ${this.max} streams without a token; try again later`;
    }
    if (this.limit.isReached()) return 'the server is short of memory; try again, or another one';
    this.open++;
    this.ofConnection.set(connection, ofConnection + 1);
    return () => {
      this.open--;
      this.ofConnection.set(connection, this.ofConnection.get(connection)! - 1);
    };
  }
}
