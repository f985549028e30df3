import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { NotNow } from '../domain/rejected-error.js';
import { HeapUse } from './heap-use.js';
import { withJitter } from './spread.js';

/** The collector may need a moment to find what has become free. */
const RETRY_AFTER_MS = 2000;

/** Keeps out what would stay in memory, a session or a subscription, before V8 has to end the process for lack of it. */
@Injectable()
export class HeapLimit {
  constructor(
    private readonly use: HeapUse,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Whether too much is in use. */
  isReached(): boolean {
    const { heapPercent } = this.config.limits;
    return heapPercent > 0 && this.use.percent() > heapPercent;
  }

  /** Throws while too much is in use. */
  assertHeadroom(): void {
    if (!this.isReached()) return;
    const message = 'the server is short of memory; try again, or another one';
    throw new NotNow('OUT_OF_MEMORY', message, withJitter(RETRY_AFTER_MS));
  }
}
