import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Config } from '../config/config.js';
import { RejectedError } from '../domain/rejected-error.js';
import { HeapLimit } from '../limits/heap-limit.js';
import { ReadLimit } from '../limits/read-limit.js';

/** Checks the limits of a new subscription, and charges its cost to the user. */
@Injectable()
export class SubscriptionLimiter {
  /** The number of subscriptions of each user who has one. */
  private readonly counts = new Map<string, number>();
  private readonly maxPerUser: number;

  constructor(
    private readonly heap: HeapLimit,
    private readonly reads: ReadLimit,
    config: Config,
  ) {
    this.maxPerUser = config.limits.subscriptionsPerUser;
  }

  /** The number of users with subscriptions on this node. */
  get users(): number {
    return this.counts.size;
  }

  /** Registers a subscription and returns the function that removes it. Throws if a limit is reached. */
  acquire(caller: Principal): () => void {
    this.heap.assertHeadroom();
    this.reads.assertAllowed(caller);
    const { userId } = caller;
    const count = this.counts.get(userId) ?? 0;
    if (count >= this.maxPerUser) {
      throw new RejectedError(
        'TOO_MANY_SUBSCRIPTIONS',
        `a user may have ${this.maxPerUser} subscriptions at once; end one first`,
      );
    }
    this.counts.set(userId, count + 1);
    return () => this.release(userId);
  }

  /** Whether the read limit of the caller allows another snapshot now. */
  maySendSnapshot(caller: Principal): boolean {
    return this.reads.mayRead(caller);
  }

  /** Charges the presences that the caller receives, or the events that are scanned for it. */
  charge(caller: Principal, presencesOrEvents: number): void {
    this.reads.consume(caller, presencesOrEvents);
  }

  private release(userId: string): void {
    const count = this.counts.get(userId) ?? 0;
    if (count > 1) this.counts.set(userId, count - 1);
    else this.counts.delete(userId);
  }
}
