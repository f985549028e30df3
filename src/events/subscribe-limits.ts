import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Config } from '../config/config.js';
import { HeapLimit } from '../limits/heap-limit.js';
import { ReadLimit } from '../limits/read-limit.js';
import { SubscriberLimit } from './subscriber-limit.js';

/** Checks the limits of a new subscription, and charges its cost to the user. */
@Injectable()
export class SubscribeLimits {
  private readonly subscribers: SubscriberLimit;

  constructor(
    private readonly heap: HeapLimit,
    private readonly reads: ReadLimit,
    config: Config,
  ) {
    this.subscribers = new SubscriberLimit(config.limits.subscriptionsPerUser);
  }

  /** The number of users with subscriptions on this node. */
  get users(): number {
    return this.subscribers.size;
  }

  /** Registers a subscription and returns the function that removes it. Throws if a limit is reached. */
  enter(caller: Principal): () => void {
    this.heap.assertHeadroom();
    this.reads.assertAllowed(caller);
    return this.subscribers.enter(caller.userId);
  }

  /** Whether the read limit of the caller allows another snapshot now. */
  mayBeginAnew(caller: Principal): boolean {
    return this.reads.mayRead(caller);
  }

  /** Charges the presences that the caller receives, or the events that are scanned for it. */
  charge(caller: Principal, presencesOrEvents: number): void {
    this.reads.consume(caller, presencesOrEvents);
  }
}
