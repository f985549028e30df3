import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { RetryableError } from '../domain/rejected-error.js';
import { HeapLimit } from './heap-limit.js';
import { RateLimit } from './rate-limit.js';
import { withJitter } from './spread.js';
import { RetrySlots } from './retry-slots.js';

/** All sessions of the node share one key of the rate limit. */
const NODE = '';

/** A full node accepts a session only after others have ended, so clients need not hurry. */
const RETRY_WHEN_FULL_MS = 5000;

/** Limits how many sessions this node holds, and how many may start per second. */
@Injectable()
export class SessionLimit {
  private readonly rate: RateLimit;
  private readonly turns: RetrySlots;
  private held = 0;

  constructor(
    private readonly heap: HeapLimit,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    const { newSessionsPerSecond } = config.fixed;
    this.rate = new RateLimit(newSessionsPerSecond);
    this.turns = new RetrySlots(newSessionsPerSecond);
  }

  /** The number of sessions that this node holds. */
  get size(): number {
    return this.held;
  }

  /** The number of sessions that this node may hold. Zero: no limit. */
  get max(): number {
    return this.config.limits.sessions;
  }

  /**
   * Admits a session and returns a function that releases it. Throws if the node is full, if sessions start too fast,
   * or if memory is short.
   */
  acquire(): () => void {
    if (this.max > 0 && this.held >= this.max) {
      const message =
        'the node has the maximum number of sessions; try again later, or use another node';
      throw new RetryableError('NODE_FULL', message, withJitter(RETRY_WHEN_FULL_MS));
    }
    this.heap.assertHeadroom();
    const now = this.clock.monotonic();
    if (this.rate.tryConsume(NODE, 1, now) > 0) {
      const message = 'too many sessions begin at once on this node; try again';
      throw new RetryableError('TOO_MANY_NEW_SESSIONS', message, this.turns.next(now));
    }
    this.held++;
    return () => this.held--;
  }
}
