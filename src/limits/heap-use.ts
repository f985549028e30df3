import { getHeapStatistics } from 'node:v8';
import { Injectable } from '@nestjs/common';
import { nodeOptions } from '../config/node-options.js';

const MB = 2 ** 20;

/** The last one counts. */
const OLD_SPACE_FLAG = /--max[-_]old[-_]space[-_]size=(\d+)/g;

/**
 * Where nobody says how large it is, V8 has 64 MB of old objects for each MB of a semi-space, of which there are three
 * (seen with Node 24: 4096 and 192 MB; with 20 and 22 less goes to young ones, 48 MB). Rounded by V8, which a share in percent need not know.
 */
const OLD_SHARE = 64 / 67;

@Injectable()
export class HeapUse {
  /** How much of the heap may hold old objects, in bytes. */
  readonly maxBytes = oldSpaceOf(getHeapStatistics().heap_size_limit, nodeOptions());

  /**
   * How much of the space for old objects is in use. V8 ends the process when there is no room in it, or when they fill
   * four fifths and collecting them again and again frees little. What is young now may be old in a moment, so it
   * counts as used. Asked whenever a stream opens, for 3 µs, rather than in intervals, within which much can be let in.
   */
  percent(): number {
    return (100 * getHeapStatistics().used_heap_size) / this.maxBytes;
  }
}

/**
 * How much of a heap may hold old objects, in bytes. The limit that V8 tells counts the space for young objects in,
 * which is up to 192 MB (Node 24), however small the other is by its flag.
 */
export function oldSpaceOf(limitBytes: number, options: readonly string[]): number {
  const megabytes = [...options.join(' ').matchAll(OLD_SPACE_FLAG)].at(-1)?.[1];
  return megabytes === undefined ? limitBytes * OLD_SHARE : Number(megabytes) * MB;
}
