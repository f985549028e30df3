import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { HeapLimit } from '../limits/heap-limit.js';
import { ReadLimit } from '../limits/read-limit.js';
import { SubscriberLimit } from './subscriber-limit.js';

/** What has to be so for a subscription to begin, and what it costs its user. */
@Injectable()
export class SubscribeLimits {
  private readonly subscribers: SubscriberLimit;

  constructor(
    private readonly heap: HeapLimit,
    private readonly reads: ReadLimit,
    @Inject(CONFIG) config: Config,
  ) {
    this.subscribers = new SubscriberLimit(config.maxSubscriptionsPerUser);
  }

  /** How many users have subscriptions on this node. */
  get users(): number {
    return this.subscribers.size;
  }

  /** Lets a subscription in and returns its way out. */
  enter(caller: Principal): () => void {
    this.heap.assertHeadroom();
    this.reads.assertAllowed(caller);
    return this.subscribers.enter(caller.userId);
  }

  /** Whether a subscription of the caller may be given the state anew at this moment. */
  mayBeginAnew(caller: Principal): boolean {
    return this.reads.mayRead(caller);
  }

  /** Counts the presences that it is given, or the events that are looked through for it. */
  charge(caller: Principal, presencesOrEvents: number): void {
    this.reads.consume(caller, presencesOrEvents);
  }
}
