import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { CallRateLimiter } from './call-rate-limiter.js';
import { RejectionPolicy } from './rejection-policy.js';

/** The limits on how often users may call this node, through any of its APIs. */
@Injectable()
export class UserLimits {
  readonly calls: CallRateLimiter;
  /**
   * Separate from `calls`. Otherwise a client that calls too often would lose its session, because its heartbeats are
   * rejected.
   */
  readonly heartbeats: CallRateLimiter;
  readonly patience: RejectionPolicy;

  constructor({ limits }: Config) {
    this.calls = new CallRateLimiter(limits);
    this.heartbeats = new CallRateLimiter(limits);
    this.patience = new RejectionPolicy(limits.refusedCallsPerSecond);
  }
}
