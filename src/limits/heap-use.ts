import { getHeapStatistics } from 'node:v8';
import { Injectable } from '@nestjs/common';

/** The use of the V8 heap of this process. */
@Injectable()
export class HeapUse {
  /** The size limit of the heap, in bytes. It cannot change while the process runs. */
  readonly maxBytes = getHeapStatistics().heap_size_limit;

  /**
   * Returns how much of the heap is in use, in percent. V8 ends the process if the space for old objects is full, or if
   * it is 80 % full and repeated collections free little. By default and with `--max-heap-size`, that space is 95 % of
   * the heap. Each new stream calls this (3 µs): a periodic check could admit too much in between.
   */
  percent(): number {
    return (100 * getHeapStatistics().used_heap_size) / this.maxBytes;
  }
}
