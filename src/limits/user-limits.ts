import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { CallRateLimiter } from './call-rate-limiter.js';
import { RateLimit } from './rate-limit.js';

/** The limits on how often users may call this node, through any of its APIs. */
@Injectable()
export class UserLimits {
  readonly calls: CallRateLimiter;
  /**
   * Separate from `calls`. Otherwise a client that calls too often would lose its session, because its heartbeats are
   * rejected.
   */
  readonly heartbeats: CallRateLimiter;
  /**
   * Rejected calls. They cost the node almost as much as accepted calls, so a client that ignores rejections must lose
   * its connection.
   */
  readonly rejections: RateLimit;

  constructor({ limits, fixed }: Config) {
    this.calls = new CallRateLimiter(limits);
    this.heartbeats = new CallRateLimiter(limits);
    const { rejectedCallsPerSecond } = fixed;
    this.rejections = new RateLimit(rejectedCallsPerSecond, 10 * rejectedCallsPerSecond);
  }
}
