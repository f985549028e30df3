import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import { Clock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { NotNow } from '../domain/refusal.js';
import { RateLimit } from './rate-limit.js';

/**
 * How many presences each user may have the server look through: pages, batches, and what a subscription begins with.
 * Such a call costs what it holds, which says more than that it is one call.
 */
@Injectable()
export class ReadLimit {
  private readonly users: RateLimit;

  constructor(
    private readonly clock: Clock,
    @Inject(CONFIG) { limits }: Config,
  ) {
    this.users = new RateLimit(limits.presencesPerSecondPerUser);
  }

  /** Takes so many, or throws. */
  take({ userId, isAdmin }: Caller, presences: number): void {
    if (isAdmin) return;
    refuseIf(this.users.tryTake(userId, presences, this.clock.monotonic()));
  }

  /** Whether the caller has made up for all that they have read. */
  mayRead({ userId, isAdmin }: Caller): boolean {
    return isAdmin || this.users.waitOf(userId, 1, this.clock.monotonic()) === 0;
  }

  /** Throws while the caller still has to wait for what he has read. Of what comes next it is not known how much it is. */
  enter({ userId, isAdmin }: Caller): void {
    if (isAdmin) return;
    refuseIf(this.users.waitOf(userId, 1, this.clock.monotonic()));
  }

  /** Takes what it has turned out to be. */
  charge({ userId, isAdmin }: Caller, presences: number): void {
    if (!isAdmin) this.users.take(userId, presences, this.clock.monotonic());
  }
}

function refuseIf(waitMs: number): void {
  if (waitMs === 0) return;
  throw new NotNow('TOO_MANY_PRESENCES', 'too many presences read by this user', waitMs);
}
