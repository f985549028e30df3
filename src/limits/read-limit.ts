import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { RetryableError } from '../domain/rejected-error.js';
import { RateLimit } from './rate-limit.js';

/**
 * Limits how many presences each user may read: pages, batches, and snapshots of subscriptions. The limit counts
 * presences and not calls, because the cost of such a call depends on its size.
 */
@Injectable()
export class ReadLimit {
  private readonly users: RateLimit;

  constructor(
    private readonly clock: Clock,
    { limits }: Config,
  ) {
    this.users = new RateLimit(limits.presencesPerSecondPerUser);
  }

  /** Uses this many presences of the limit, or throws. */
  take({ userId, isAdmin }: Principal, presences: number): void {
    if (isAdmin) return;
    rejectIfDelayed(this.users.tryConsume(userId, presences, this.clock.monotonic()));
  }

  /** Whether the caller may read now, or still has to wait for earlier reads. */
  mayRead({ userId, isAdmin }: Principal): boolean {
    return isAdmin || this.users.delay(userId, 1, this.clock.monotonic()) === 0;
  }

  /** Throws while the caller still has to wait for earlier reads. The size of the next read is not known yet. */
  assertAllowed({ userId, isAdmin }: Principal): void {
    if (isAdmin) return;
    rejectIfDelayed(this.users.delay(userId, 1, this.clock.monotonic()));
  }

  /** Uses the number of presences that a read has contained, even above the limit. */
  consume({ userId, isAdmin }: Principal, presences: number): void {
    if (!isAdmin) this.users.consume(userId, presences, this.clock.monotonic());
  }
}

function rejectIfDelayed(waitMs: number): void {
  if (waitMs === 0) return;
  throw new RetryableError('TOO_MANY_PRESENCES', 'too many presences read by this user', waitMs);
}
