import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { NotNow } from '../domain/refusal.js';
import { spread } from './spread.js';

/** The collector may need a moment to find what has become free. */
const RETRY_AFTER_MS = 2000;

/** The largest space for young objects, as V8 makes it unless told otherwise: three semi-spaces. */
const YOUNG_SPACE_BYTES = 48 * 2 ** 20;

@Injectable()
export class HeapUse {
  /**
   * How much of the heap is in use. V8 ends the process when there is no room for old objects, or when they fill four
   * fifths and collecting them again and again frees little. The limit that it tells counts the space for young objects
   * in; what is young now may be old in a moment, so it counts as used, and its space does not count as room. Asked
   * whenever a stream opens, for 3 µs, rather than in intervals, within which much can be let in.
   */
  percent(): number {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    const youngBytes = Math.max(YOUNG_SPACE_BYTES, 1.5 * (young?.space_size ?? 0));
    return (100 * used) / (limit - youngBytes);
  }
}

/** Keeps out what would stay in memory, a session or a subscription, before V8 has to end the process for lack of it. */
@Injectable()
export class HeapLimit {
  constructor(
    private readonly use: HeapUse,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Throws while too much is in use. */
  enter(): void {
    const { heapPercent } = this.config.limits;
    if (heapPercent === 0 || this.use.percent() <= heapPercent) return;
    const message = 'the server is short of memory; try again, or another one';
    throw new NotNow('OUT_OF_MEMORY', message, spread(RETRY_AFTER_MS));
  }
}
