import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { RetryableError } from '../domain/rejected-error.js';
import { HeapUse } from './heap-use.js';
import { withJitter } from './spread.js';

/** The garbage collector may need some time to reclaim memory. */
const RETRY_AFTER_MS = 2000;

/**
 * Rejects new sessions and subscriptions, which stay in memory, before V8 has to end the process for lack of memory.
 */
@Injectable()
export class HeapLimit {
  constructor(
    private readonly use: HeapUse,
    private readonly config: Config,
  ) {}

  /** Whether the heap use is above the limit. */
  isReached(): boolean {
    const { heapPercent } = this.config.limits;
    return heapPercent > 0 && this.use.percent() > heapPercent;
  }

  /** Throws while the heap use is above the limit. */
  assertHeadroom(): void {
    if (!this.isReached()) return;
    const message = 'the server is short of memory; try again later, or use another node';
    throw new RetryableError('OUT_OF_MEMORY', message, withJitter(RETRY_AFTER_MS));
  }
}
