import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Clock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { NotNow } from '../domain/rejected-error.js';
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
  take({ userId, isAdmin }: Principal, presences: number): void {
    if (isAdmin) return;
    refuseIf(this.users.tryConsume(userId, presences, this.clock.monotonic()));
  }

  /** Whether the caller has made up for all that they have read. */
  mayRead({ userId, isAdmin }: Principal): boolean {
    return isAdmin || this.users.delay(userId, 1, this.clock.monotonic()) === 0;
  }

  /** Throws while the caller still has to wait for what he has read. Of what comes next it is not known how much it is. */
  assertAllowed({ userId, isAdmin }: Principal): void {
    if (isAdmin) return;
    refuseIf(this.users.delay(userId, 1, this.clock.monotonic()));
  }

  /** Takes what it has turned out to be. */
  consume({ userId, isAdmin }: Principal, presences: number): void {
    if (!isAdmin) this.users.consume(userId, presences, this.clock.monotonic());
  }
}

function refuseIf(waitMs: number): void {
  if (waitMs === 0) return;
  throw new NotNow('TOO_MANY_PRESENCES', 'too many presences read by this user', waitMs);
}
