import { getHeapStatistics } from 'node:v8';
import { Injectable } from '@nestjs/common';
import { nodeOptions } from '../config/node-options.js';

const MB = 2 ** 20;

/** If the option is repeated, the last one counts. */
const OLD_SPACE_FLAG = /--max[-_]old[-_]space[-_]size=(\d+)/g;

/**
 * The share of old objects in the heap if no option sets it. V8 then has 64 MB of old objects per MB of a semi-space,
 * and three semi-spaces (measured with Node 24: 4096 and 192 MB; Node 20 and 22: 48 MB of young objects). The rounding
 * by V8 does not matter for a percentage.
 */
const OLD_SHARE = 64 / 67;

/** The use of the V8 heap of this process. */
@Injectable()
export class HeapUse {
  /** The size of the space for old objects, in bytes. */
  readonly maxBytes = oldSpaceOf(getHeapStatistics().heap_size_limit, nodeOptions());

  /**
   * Returns how much of the space for old objects is in use, in percent. V8 ends the process if this space is full, or
   * if it is 80 % full and repeated collections free little. Young objects count as used, because they may soon be old.
   * Each new stream calls this (3 µs): a periodic check could admit too much in between.
   */
  percent(): number {
    return (100 * getHeapStatistics().used_heap_size) / this.maxBytes;
  }
}

/**
 * Returns the size of the space for old objects, in bytes. The limit that V8 reports includes the space for young
 * objects: up to 192 MB (Node 24), even if the option makes the other space small.
 */
export function oldSpaceOf(limitBytes: number, options: readonly string[]): number {
  const megabytes = [...options.join(' ').matchAll(OLD_SPACE_FLAG)].at(-1)?.[1];
  return megabytes === undefined ? limitBytes * OLD_SHARE : Number(megabytes) * MB;
}
