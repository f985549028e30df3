import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { CallRateLimiter } from './call-rate-limiter.js';
import { RejectionPolicy } from './rejection-policy.js';

/** How often users may call this node, whichever part of it. */
@Injectable()
export class UserLimits {
  readonly calls: CallRateLimiter;
  /** Apart, or a client that calls too much would lose its session to heartbeats that are refused. */
  readonly heartbeats: CallRateLimiter;
  readonly patience: RejectionPolicy;

  constructor(@Inject(CONFIG) { limits }: Config) {
    this.calls = new CallRateLimiter(limits);
    this.heartbeats = new CallRateLimiter(limits);
    this.patience = new RejectionPolicy(limits.refusedCallsPerSecond);
  }
}
